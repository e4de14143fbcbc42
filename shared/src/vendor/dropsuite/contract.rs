//! Dropsuite's REST API as data: every method, path and body member in use.
//!
//! Public clients confirm the reads. **The writes are not public**: an operation marked `proposed` is our best-supported
//! reading (`docs/vendors/dropsuite.md`, "Gaps", G1 to G10). Compare it with the vendor's document for direct partners
//! before the first sale. No other module contains these names.

use http::Method;

use crate::http_client::Effect;

/// One operation of the API.
#[derive(Debug)]
pub struct Operation {
    /// Name, for the record and the log.
    pub name: &'static str,
    /// Read or write.
    pub effect: Effect,
    /// HTTP method.
    pub method: Method,
    /// Path below the base address. `{id}` stands for the id of the organization or sub-reseller.
    pub path: &'static str,
    /// `true` if no public source shows the operation.
    pub proposed: bool,
}

const fn read(name: &'static str, path: &'static str, proposed: bool) -> Operation {
    Operation { name, effect: Effect::Read, method: Method::GET, path, proposed }
}

const fn write(name: &'static str, method: Method, path: &'static str) -> Operation {
    Operation { name, effect: Effect::Write, method, path, proposed: true }
}

/// Reads the health of the API. Needs the reseller token only.
pub static STATUS: Operation = read("status", "status", false);
/// Reads the partner's plans.
pub static PLANS: Operation = read("plans", "plans", false);
/// Reads the partner's organizations, including those of its sub-resellers.
pub static ORGANIZATIONS: Operation = read("organizations", "users", false);
/// Reads one organization.
pub static ORGANIZATION: Operation = read("organization", "users/{id}", false);
/// Reads the organization's connected tenants (6.1). Needs its own token.
pub static TENANTS: Operation = read("tenants", "users/{id}/tenants", false);
/// Reads the organization's login accounts (6.3). Needs its own token.
pub static LOGINS: Operation = read("logins", "users/{id}/delegated", false);
/// Reads a link that signs in once as the organization's owner (G7).
pub static SIGN_IN_LINK: Operation = read("sign-in-link", "users/{id}/sso", true);
/// Reads the mailboxes of the organization whose own token is sent (7.1).
pub static MAILBOXES: Operation = read("mailboxes", "accounts", false);
/// Reads those mailboxes of the organization that cannot be connected to (7.2).
pub static CONNECTION_FAILURES: Operation = read("connection-failures", "accounts/connection_failures", false);
/// Reads the partner's sub-resellers (G8).
pub static RESELLERS: Operation = read("resellers", "resellers", true);
/// Reads one sub-reseller (G8).
pub static RESELLER: Operation = read("reseller", "resellers/{id}", true);

/// Creates an organization (G1).
pub static CREATE_ORGANIZATION: Operation = write("create-organization", Method::POST, "users");
/// Changes an organization's name and login. The portal can do it; no source shows it for the API.
pub static UPDATE_ORGANIZATION: Operation = write("update-organization", Method::PUT, "users/{id}");
/// Sets plan and seats (G2).
pub static SET_SUBSCRIPTION: Operation = write("set-subscription", Method::PUT, "users/{id}/subscription");
/// Suspends: disables logins (G3).
pub static SUSPEND: Operation = write("suspend", Method::PUT, "users/{id}/suspend");
/// Unsuspends: enables logins again (G3).
pub static UNSUSPEND: Operation = write("unsuspend", Method::PUT, "users/{id}/unsuspend");
/// Unsubscribes: ends backup and billing. The vendor keeps the data for [`RETENTION_DAYS`] (G4).
pub static UNSUBSCRIBE: Operation = write("unsubscribe", Method::PUT, "users/{id}/unsubscribe");
/// Reactivates an unsubscribed organization (G4).
pub static REACTIVATE: Operation = write("reactivate", Method::PUT, "users/{id}/reactivate");
/// Mails the sign-in details to the organization's owner (G6).
pub static SEND_SIGN_IN_DETAILS: Operation = write("send-sign-in-details", Method::POST, "users/{id}/reset_password");
/// Creates a sub-reseller (G8).
pub static CREATE_RESELLER: Operation = write("create-reseller", Method::POST, "resellers");
/// Changes a sub-reseller's name and login. The portal can do it; no source shows it for the API.
pub static UPDATE_RESELLER: Operation = write("update-reseller", Method::PUT, "resellers/{id}");

/// Headers with the credentials.
pub mod header {
    /// Identifies the partner.
    pub const RESELLER_TOKEN: &str = "x-reseller-token";
    /// The partner's authentication token, or one organization's own.
    pub const ACCESS_TOKEN: &str = "x-access-token";
}

/// Members of request bodies (G1, G2, G8).
pub mod member {
    /// Login of the owner.
    pub const EMAIL: &str = "email";
    /// First name of the owner.
    pub const FIRST_NAME: &str = "first_name";
    /// Last name of the owner.
    pub const LAST_NAME: &str = "last_name";
    /// Name of the organization.
    pub const ORGANIZATION_NAME: &str = "organization_name";
    /// Name of the sub-reseller.
    pub const COMPANY_NAME: &str = "company_name";
    /// Id of the plan.
    pub const PLAN: &str = "plan_id";
    /// Number of licensed seats.
    pub const SEATS: &str = "seats";
    /// `true` if Dropsuite adjusts the seats to the use.
    pub const AUTO_LICENSE: &str = "auto_license";
    /// ISO 3166 two-letter code.
    pub const COUNTRY: &str = "country";
    /// `true` if Dropsuite sends the owner an email with sign-in details.
    pub const SEND_EMAIL: &str = "send_email";
    /// Our own reference.
    pub const REFERENCE: &str = "external_id";
    /// Id of the sub-reseller that the organization belongs to.
    pub const RESELLER_ID: &str = "reseller_id";
}

/// Members of an organization's row that no public source shows, each with the names that it may have. The vendor's own portal
/// shows these values (proposed; `docs/vendors/dropsuite.md`, "Gaps").
pub mod row_member {
    /// Time at which the organization was created.
    pub const CREATED_AT: &[&str] = &["created_at"];
    /// Time at which its owner last signed in.
    pub const LAST_SIGNED_IN: &[&str] = &["last_sign_in_at", "current_sign_in_at"];
    /// Time at which it was unsubscribed.
    pub const DEACTIVATED_SINCE: &[&str] = &["deactivated_since", "customer_deactivated_since"];
    /// Country, by its ISO 3166 two-letter code.
    pub const COUNTRY: &[&str] = &["country"];
}

/// Values of a tenant's `status` (6.1).
pub mod tenant_status {
    /// Waits to be processed.
    pub const QUEUED: &[u64] = &[0];
    /// Is processed.
    pub const PROCESSING: &[u64] = &[5];
    /// Is connected.
    pub const COMPLETED: &[u64] = &[7];
    /// The application in the tenant must be created again.
    pub const BROKEN: &[u64] = &[1, 13];
}

/// Query parameters of lists.
pub mod page {
    use crate::http_client::Request;

    /// Returns the request for page `number` of a list.
    pub fn request(mut list: Request, number: u32) -> Request {
        list.url.query_pairs_mut().append_pair(NUMBER, &number.to_string()).append_pair(SIZE, &ROWS.to_string());
        list
    }

    /// Number of the page, from 1.
    pub const NUMBER: &str = "page";
    /// Number of rows per page.
    pub const SIZE: &str = "per_page";
    /// Rows per page that we request. The server may return fewer.
    pub const ROWS: u32 = 100;
}

/// Values of a plan's `product_type`, by product. The first two were seen; the others are proposed (G13).
pub mod product_type {
    /// Backup, billed per seat.
    pub const BACKUP: &[&str] = &["res_backup"];
    /// Backup and archive, billed per seat.
    pub const ARCHIVER: &[&str] = &["res_archive"];
    /// Personal or basic backup, billed by storage.
    pub const PERSONAL: &[&str] = &["res_personal", "res_basic"];
}

/// Values of a plan's `periodicity`, by billing period (proposed, G13).
pub mod periodicity {
    /// Billed every month.
    pub const MONTHLY: &[&str] = &["monthly", "month", "1 month"];
    /// Billed every year.
    pub const YEARLY: &[&str] = &["yearly", "annually", "annual", "year", "1 year", "12 months"];
}

/// Words of a mailbox's `current_backup_status`, in lower case (`docs/vendors/dropsuite.md` 8).
pub mod backup_status {
    /// The last backup completed. The status must equal this word.
    pub const COMPLETED: &str = "completed";
    /// The mailbox is no longer backed up. The status contains this word.
    pub const DEACTIVATED: &str = "deactivated";
}

/// Rules by which a mailbox's backup counts as failing (`docs/vendors/dropsuite.md` 8.1). The first rule that holds
/// decides.
pub mod failure_rule {
    use jiff::SignedDuration;

    /// Condition of a rule. Words are in lower case.
    #[derive(Debug)]
    pub enum Condition {
        /// The status contains one of these words.
        Status(&'static [&'static str]),
        /// The status contains one of these words, and the row has errors.
        StatusWithErrors(&'static [&'static str]),
        /// The row's errors contain one of these words, and the status is not `completed`.
        Errors(&'static [&'static str]),
        /// The status is not `completed`, and the last backup is older than this.
        LastBackupOlderThan(SignedDuration),
        /// The status is not `completed`, there was no backup, and the mailbox was added longer ago than this.
        NoBackupFor(SignedDuration),
        /// The mailbox is in the list of connection failures.
        ConnectionFailures,
    }

    /// A rule.
    #[derive(Debug)]
    pub struct Rule {
        /// Name, for documentation and logs.
        pub name: &'static str,
        /// Condition.
        pub condition: Condition,
        /// Time that the failure must last before it counts. The vendor retries a backup every 30 minutes, up to 25
        /// times.
        pub delay: SignedDuration,
    }

    const AT_ONCE: SignedDuration = SignedDuration::ZERO;
    const FOUR_RETRIES: SignedDuration = SignedDuration::from_hours(2);
    const ALL_RETRIES: SignedDuration = SignedDuration::from_hours(13);
    const NEXT_BACKUP: SignedDuration = SignedDuration::from_hours(24);

    const fn rule(name: &'static str, condition: Condition, delay: SignedDuration) -> Rule {
        Rule { name, condition, delay }
    }

    /// All rules.
    pub static RULES: [Rule; 10] = [
        rule("authentication_error", Condition::Status(&["authentication"]), AT_ONCE),
        rule("authentication_message", Condition::Errors(&["auth", "password", "credential", "consent"]), AT_ONCE),
        rule("space_full", Condition::Status(&["space full"]), AT_ONCE),
        rule("no_recent_backup", Condition::LastBackupOlderThan(SignedDuration::from_hours(72)), AT_ONCE),
        rule("no_backup_yet", Condition::NoBackupFor(SignedDuration::from_hours(168)), AT_ONCE),
        rule("connection_error", Condition::Status(&["connection error", "failed"]), FOUR_RETRIES),
        rule("connection_failures", Condition::ConnectionFailures, FOUR_RETRIES),
        rule("retrying", Condition::Status(&["retrying"]), ALL_RETRIES),
        rule("errors_in_progress", Condition::StatusWithErrors(&["preparing", "running", "in progress"]), ALL_RETRIES),
        rule("partially_completed", Condition::StatusWithErrors(&["partially"]), NEXT_BACKUP),
    ];
}

/// Number of days for which an unsubscribed organization can be reactivated.
pub const RETENTION_DAYS: i64 = 45;

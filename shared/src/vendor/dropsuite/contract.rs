//! Dropsuite's REST API as data: every method, path and body member that we use, in one place.
//!
//! The read side is confirmed by public clients. **The write side is not public**: what is marked `proposed` is our
//! best-supported reading (`reference/dropsuite.md`, "Gaps", G1 to G10) and is to be compared with the vendor's document
//! for direct partners before the first real sale. Nothing else in the product knows these names.

use http::Method;

use crate::http_client::Effect;

/// One operation of the API.
#[derive(Debug)]
pub struct Operation {
    /// Its name, for the record and the log.
    pub name: &'static str,
    /// Whether it changes anything.
    pub effect: Effect,
    /// The HTTP method.
    pub method: Method,
    /// The path below the base address; `{id}` stands for the organization or reseller.
    pub path: &'static str,
    /// Whether no public source shows it.
    pub proposed: bool,
}

const fn read(name: &'static str, path: &'static str, proposed: bool) -> Operation {
    Operation { name, effect: Effect::Read, method: Method::GET, path, proposed }
}

const fn write(name: &'static str, method: Method, path: &'static str) -> Operation {
    Operation { name, effect: Effect::Write, method, path, proposed: true }
}

/// Health; the reseller token is enough.
pub static STATUS: Operation = read("status", "status", false);
/// The partner's plans.
pub static PLANS: Operation = read("plans", "plans", false);
/// The partner's organizations, its sub-resellers' among them.
pub static ORGANIZATIONS: Operation = read("organizations", "users", false);
/// One organization.
pub static ORGANIZATION: Operation = read("organization", "users/{id}", false);
/// The mailboxes of the organization whose own token is used (7.1).
pub static MAILBOXES: Operation = read("mailboxes", "accounts", false);
/// The partner's sub-resellers (G8).
pub static RESELLERS: Operation = read("resellers", "resellers", true);
/// One sub-reseller (G8).
pub static RESELLER: Operation = read("reseller", "resellers/{id}", true);

/// Makes an organization (G1).
pub static CREATE_ORGANIZATION: Operation = write("create-organization", Method::POST, "users");
/// Changes an organization's name and login. Portal function; shown by no source.
pub static UPDATE_ORGANIZATION: Operation = write("update-organization", Method::PUT, "users/{id}");
/// Sets plan and seats (G2).
pub static SET_SUBSCRIPTION: Operation = write("set-subscription", Method::PUT, "users/{id}/subscription");
/// Switches log-ins off (G3).
pub static SUSPEND: Operation = write("suspend", Method::PUT, "users/{id}/suspend");
/// Switches log-ins on again (G3).
pub static UNSUSPEND: Operation = write("unsuspend", Method::PUT, "users/{id}/unsuspend");
/// Ends backup and billing; the data is kept for [`RETENTION_DAYS`] (G4).
pub static UNSUBSCRIBE: Operation = write("unsubscribe", Method::PUT, "users/{id}/unsubscribe");
/// Takes an unsubscription back (G4).
pub static REACTIVATE: Operation = write("reactivate", Method::PUT, "users/{id}/reactivate");
/// Makes a sub-reseller (G8).
pub static CREATE_RESELLER: Operation = write("create-reseller", Method::POST, "resellers");
/// Changes a sub-reseller's name and login. Portal function; shown by no source.
pub static UPDATE_RESELLER: Operation = write("update-reseller", Method::PUT, "resellers/{id}");

/// Headers of the credentials.
pub mod header {
    /// Which partner.
    pub const RESELLER_TOKEN: &str = "x-reseller-token";
    /// The partner's admin token, or one organization's own.
    pub const ACCESS_TOKEN: &str = "x-access-token";
}

/// Members of request bodies (G1, G2, G8).
pub mod member {
    /// The owner's login.
    pub const EMAIL: &str = "email";
    /// The owner's first name.
    pub const FIRST_NAME: &str = "first_name";
    /// The owner's last name.
    pub const LAST_NAME: &str = "last_name";
    /// The organization's name.
    pub const ORGANIZATION_NAME: &str = "organization_name";
    /// The sub-reseller's name.
    pub const COMPANY_NAME: &str = "company_name";
    /// The plan.
    pub const PLAN: &str = "plan_id";
    /// Licensed seats.
    pub const SEATS: &str = "seats";
    /// Whether seats follow use.
    pub const AUTO_LICENSE: &str = "auto_license";
    /// ISO 3166 two-letter code.
    pub const COUNTRY: &str = "country";
    /// Whether the owner is mailed how to sign in.
    pub const SEND_EMAIL: &str = "send_email";
    /// Our own reference.
    pub const REFERENCE: &str = "external_id";
    /// The sub-reseller that the organization is placed under.
    pub const PLACED_UNDER: &str = "reseller_id";
}

/// Query members of lists.
pub mod page {
    use crate::http_client::Request;

    /// Asks for page `number` of a list.
    pub fn of(mut list: Request, number: u32) -> Request {
        list.url.query_pairs_mut().append_pair(NUMBER, &number.to_string()).append_pair(SIZE, &ROWS.to_string());
        list
    }

    /// Which page, from 1.
    pub const NUMBER: &str = "page";
    /// Rows of a page.
    pub const SIZE: &str = "per_page";
    /// What we ask for; the server may give fewer.
    pub const ROWS: u32 = 100;
}

/// Values of a plan's `product_type` by what they sell. The two first are seen, the others supposed (G13).
pub mod product_type {
    /// Backup, by seats.
    pub const BACKUP: &[&str] = &["res_backup"];
    /// Backup and archive, by seats.
    pub const ARCHIVER: &[&str] = &["res_archive"];
    /// Personal or basic backup, by storage.
    pub const PERSONAL: &[&str] = &["res_personal", "res_basic"];
}

/// Values of a plan's `periodicity` by billing period (supposed, G13).
pub mod periodicity {
    /// Every month.
    pub const MONTHLY: &[&str] = &["monthly", "month", "1 month"];
    /// Every year.
    pub const YEARLY: &[&str] = &["yearly", "annually", "annual", "year", "1 year", "12 months"];
}

/// Words of a mailbox's `current_backup_status`, in lower case (`reference/dropsuite.md` 8); of others nothing is known.
pub mod backup_status {
    /// The last backup was made: just this.
    pub const COMPLETED: &str = "completed";
    /// It was not.
    pub const FAILED: &[&str] =
        &["retrying", "connection error", "authentication error", "connection failed", "space full", "failed"];
    /// None is made any more.
    pub const DEACTIVATED: &[&str] = &["deactivated"];
}

/// How long an unsubscribed organization can be reactivated, in days.
pub const RETENTION_DAYS: i64 = 45;

//! Dropbox's resellers API as data: every action, member and error tag in use.
//!
//! **There is no public specification.** Unless marked otherwise, all names were seen in one distributor's client
//! (`docs/vendors/dropbox.md` 2). Compare them with Dropbox's own document before the first sale. No other module contains
//! these names. The SKUs are in `catalogue.json`.

use crate::http_client::Effect;

/// Default of `DROPBOX_BASE_URL`. It was seen for `team/cancel`, and is supposed for the other actions.
pub const BASE: &str = "https://api.dropboxapi.com/2";

/// URL at which customers sign in.
pub const PORTAL: &str = "https://www.dropbox.com";

/// One action of the API: a `POST` with a JSON body.
#[derive(Debug)]
pub struct Action {
    /// Name, for the record and the log.
    pub name: &'static str,
    /// Read or write.
    pub effect: Effect,
    /// Path below the base address.
    pub path: &'static str,
}

/// Reads one team.
pub static GET: Action = Action { name: "team", effect: Effect::Read, path: "resellers/team/get" };
/// Reads the teams of resellers.
pub static LIST: Action = Action { name: "teams", effect: Effect::Read, path: "resellers/team/list2" };
/// Creates a team.
pub static CREATE: Action = Action { name: "create-team", effect: Effect::Write, path: "resellers/team/create" };
/// Changes the SKUs of a team at once.
pub static CHANGE_NOW: Action =
    Action { name: "change-now", effect: Effect::Write, path: "resellers/team/skus/modify" };
/// Changes the SKUs of a team from its renewal on.
pub static CHANGE_AT_RENEWAL: Action =
    Action { name: "change-at-renewal", effect: Effect::Write, path: "resellers/team/skus/modify" };
/// Converts a trial to paid. The action and its member [`member::IS_TRIAL`] are a guess.
pub static END_TRIAL: Action = Action { name: "end-trial", effect: Effect::Write, path: "resellers/team/skus/modify" };
/// Enables the automatic renewal of a team.
pub static RENEW: Action =
    Action { name: "renew-team", effect: Effect::Write, path: "resellers/team/auto_renew/modify" };
/// Disables the automatic renewal of a team, which then ends with its term. That it stays active until then, and that the
/// action is allowed at any time of a paid term, is a guess.
pub static DO_NOT_RENEW: Action =
    Action { name: "do-not-renew-team", effect: Effect::Write, path: "resellers/team/auto_renew/modify" };
/// Makes a team inactive.
pub static CANCEL: Action = Action { name: "cancel-team", effect: Effect::Write, path: "resellers/team/cancel" };
/// Makes a team active again. A trial that has ended becomes a paid team, which is a guess.
pub static REINSTATE: Action =
    Action { name: "reinstate-team", effect: Effect::Write, path: "resellers/team/reinstate" };
/// Moves a team to another reseller of the distributor. **A proposal**: it was seen once, with the members [`member::ID`],
/// [`member::RESELLERS`] and [`member::TO_RESELLERS`]. Its answer is supposed to be the team, and is not relied on. That an active
/// team can be moved at any time, and keeps its term, is a guess. `migration.rs` has the choice of who is billed.
pub static MIGRATE: Action = Action { name: "migrate-team", effect: Effect::Write, path: "resellers/team/migrate" };

/// Members of request bodies.
pub mod member {
    /// Id of the team.
    pub const ID: &str = "id";
    /// Name of the team.
    pub const NAME: &str = "name";
    /// ISO 3166 two-letter code.
    pub const COUNTRY: &str = "country_code";
    /// Email address of the first administrator, to whom Dropbox sends a welcome email.
    pub const ADMIN: &str = "invite_admin";
    /// Ids of the distributor and the reseller; for `cancel` and `reinstate` the reseller's only.
    pub const RESELLERS: &str = "reseller_ids";
    /// Ids of the distributor and the reseller to which [`super::MIGRATE`] moves a team, in the form of [`RESELLERS`]. Proposed.
    pub const TO_RESELLERS: &str = "to_reseller_ids";
    /// `true` for a trial.
    pub const IS_TRIAL: &str = "is_trial";
    /// SKUs to order or to reinstate.
    pub const SKUS: &str = "skus";
    /// SKUs that the team has now, to the caller's knowledge.
    pub const CURRENT_SKUS: &str = "current_skus";
    /// Desired SKUs of the team.
    pub const NEW_SKUS: &str = "new_skus";
    /// `true` to change at once, `false` to change at the renewal.
    pub const FORCE_IMMEDIATE: &str = "force_immediate";
    /// `true` to renew the team automatically, `false` to let it end with its term.
    pub const NEW_AUTO_RENEW: &str = "new_auto_renew";
    /// Id of an SKU in a list of SKUs.
    pub const SKU_ID: &str = "sku_id";
    /// Quantity of an SKU in a list of SKUs.
    pub const QUANTITY: &str = "quantity";
}

/// Tags, with which the text of an error begins. The first two were seen; the others are guesses.
pub mod tag {
    /// The administrator's address belongs to a team.
    pub const EMAIL_TAKEN: &str = "user_on_another_team";
    /// The SKUs cannot be combined, or differ from those that the team had.
    pub const SKUS: &str = "skus_invalid";
    /// The reseller or distributor is unknown, or is not the caller's.
    pub const RESELLERS: &str = "reseller_ids_invalid";
    /// The team does not exist, or belongs to another reseller.
    pub const NO_TEAM: &str = "team_not_found";
    /// The country is invalid.
    pub const COUNTRY: &str = "country_code_invalid";
    /// The administrator's address is invalid.
    pub const EMAIL: &str = "email_invalid";
    /// The team's name is invalid.
    pub const NAME: &str = "name_invalid";
    /// The team's SKUs are not those of `current_skus`.
    pub const CHANGED: &str = "current_skus_mismatch";
    /// The time for a cancellation is over.
    pub const TOO_LATE: &str = "not_in_grace_period";
    /// The request is not allowed for a trial.
    pub const TRIAL: &str = "trial_not_allowed";
    /// The team belongs to the reseller already to which it is to be moved.
    pub const MIGRATED: &str = "team_already_migrated";

    /// All tags.
    pub const ALL: [&str; 11] =
        [EMAIL_TAKEN, SKUS, RESELLERS, NO_TEAM, COUNTRY, EMAIL, NAME, CHANGED, TOO_LATE, TRIAL, MIGRATED];
}

/// Longest name of a team, in characters.
pub const MAX_NAME: usize = 20;

/// Number of days after its order or renewal in which a team can be cancelled, and after its end in which it can be
/// reinstated with other SKUs.
pub const GRACE_DAYS: i64 = 14;

/// Length of a trial, in days.
pub const TRIAL_DAYS: u32 = 30;

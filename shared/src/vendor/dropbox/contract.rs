//! Dropbox's resellers API as data: every action, member and error tag that we use, in one place.
//!
//! **There is no public specification.** All of this is an outline seen in one distributor's client
//! (`reference/dropbox.md` 2), except what is marked otherwise, and is to be compared with Dropbox's own document before
//! the first real sale. Nothing else in the product knows these names. The SKUs are in `catalogue.json`.

use crate::http_client::Effect;

/// Where the API is unless `DROPBOX_BASE_URL` says otherwise; seen for `team/cancel`, supposed for the others.
pub const BASE: &str = "https://api.dropboxapi.com/2";

/// One action of the API: a POST with a JSON body.
#[derive(Debug)]
pub struct Action {
    /// Its name, for the record and the log.
    pub name: &'static str,
    /// Whether it changes anything.
    pub effect: Effect,
    /// The path below the base address.
    pub path: &'static str,
}

/// One team.
pub static GET: Action = Action { name: "team", effect: Effect::Read, path: "resellers/team/get" };
/// The teams of resellers.
pub static LIST: Action = Action { name: "teams", effect: Effect::Read, path: "resellers/team/list2" };
/// Makes a team.
pub static CREATE: Action = Action { name: "create-team", effect: Effect::Write, path: "resellers/team/create" };
/// Changes what a team has now.
pub static CHANGE_NOW: Action =
    Action { name: "change-now", effect: Effect::Write, path: "resellers/team/skus/modify" };
/// Changes what a team will have from its renewal on.
pub static CHANGE_AT_RENEWAL: Action =
    Action { name: "change-at-renewal", effect: Effect::Write, path: "resellers/team/skus/modify" };
/// Makes a trial paid; that it is this action, and its member [`member::IS_TRIAL`], is a guess.
pub static END_TRIAL: Action = Action { name: "end-trial", effect: Effect::Write, path: "resellers/team/skus/modify" };
/// Switches the renewal of a team on.
pub static RENEW: Action =
    Action { name: "renew-team", effect: Effect::Write, path: "resellers/team/auto_renew/modify" };
/// Makes a team inactive.
pub static CANCEL: Action = Action { name: "cancel-team", effect: Effect::Write, path: "resellers/team/cancel" };
/// Makes a team active again; a trial that has ended, as a paid team, which is a guess.
pub static REINSTATE: Action =
    Action { name: "reinstate-team", effect: Effect::Write, path: "resellers/team/reinstate" };

/// Members of request bodies.
pub mod member {
    /// The team.
    pub const ID: &str = "id";
    /// The team's name.
    pub const NAME: &str = "name";
    /// ISO 3166 two-letter code.
    pub const COUNTRY: &str = "country_code";
    /// The email address of the first admin, who is mailed a welcome.
    pub const ADMIN: &str = "invite_admin";
    /// The distributor's and the reseller's id; on cancel and reinstate the reseller's only.
    pub const RESELLERS: &str = "reseller_ids";
    /// Whether it is a trial.
    pub const IS_TRIAL: &str = "is_trial";
    /// What is ordered or reinstated.
    pub const SKUS: &str = "skus";
    /// What the caller takes the team to have now.
    pub const CURRENT_SKUS: &str = "current_skus";
    /// What the team shall have.
    pub const NEW_SKUS: &str = "new_skus";
    /// Whether now, rather than from the renewal on.
    pub const FORCE_IMMEDIATE: &str = "force_immediate";
    /// Whether a term is followed by another.
    pub const NEW_AUTO_RENEW: &str = "new_auto_renew";
    /// In a list of SKUs: which.
    pub const SKU_ID: &str = "sku_id";
    /// In a list of SKUs: how many.
    pub const QUANTITY: &str = "quantity";
}

/// What the text of an error begins with. The two first were seen, the others are supposed.
pub mod tag {
    /// The admin's address belongs to a team.
    pub const EMAIL_TAKEN: &str = "user_on_another_team";
    /// SKUs that don't go together, or not with what a team had.
    pub const SKUS: &str = "skus_invalid";
    /// A reseller or distributor that is not the caller's.
    pub const RESELLERS: &str = "reseller_ids_invalid";
    /// No such team, or another reseller's.
    pub const NO_TEAM: &str = "team_not_found";
    /// The country.
    pub const COUNTRY: &str = "country_code_invalid";
    /// The admin's address.
    pub const EMAIL: &str = "email_invalid";
    /// The team's name.
    pub const NAME: &str = "name_invalid";
    /// The team does not have what the caller takes it to have.
    pub const CHANGED: &str = "current_skus_mismatch";
    /// Too late to cancel.
    pub const TOO_LATE: &str = "not_in_grace_period";
    /// Not as a trial.
    pub const TRIAL: &str = "trial_not_allowed";

    /// All of them.
    pub const ALL: [&str; 10] = [EMAIL_TAKEN, SKUS, RESELLERS, NO_TEAM, COUNTRY, EMAIL, NAME, CHANGED, TOO_LATE, TRIAL];
}

/// The longest name of a team, in characters.
pub const MAX_NAME: usize = 20;

/// How long after its order or renewal a team can be cancelled, and after its end be reinstated with other SKUs, in days.
pub const GRACE_DAYS: i64 = 14;

/// How long a trial lasts, in days.
pub const TRIAL_DAYS: u32 = 30;

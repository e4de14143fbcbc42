//! How the vendor says no: in several shapes for one and the same reason, as its clients complain.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

/// A refused call.
#[derive(Debug)]
pub enum Refusal {
    /// Missing or wrong credentials.
    Unauthorized,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The body is not what the call takes.
    Malformed(String),
    /// The vendor's rules forbid it; with a text for people.
    Conflict(Tag, &'static str),
    /// The sandbox could not write its file.
    Unsaved(String),
}

/// What a rule that forbids something is known by.
#[derive(Clone, Copy, Debug)]
pub enum Tag {
    /// Not a country's two letters.
    CountryCodeInvalid,
    /// The team has other SKUs than the caller believes.
    CurrentSkusMismatch,
    /// Not an e-mail address.
    EmailInvalid,
    /// Only possible at the renewal.
    ImmediateChangeNotAllowed,
    /// Too long, or empty.
    NameInvalid,
    /// Later than 14 days after the term began.
    NotInGracePeriod,
    /// Not the caller's own, or not what the call takes.
    ResellerIdsInvalid,
    /// SKUs that don't exist, don't go together or may not be taken now.
    SkusInvalid,
    /// Nothing to reinstate.
    TeamAlreadyActive,
    /// Only an active team can be changed.
    TeamInactive,
    /// No such team, as far as the caller may see.
    TeamNotFound,
    /// A trial cannot have this, or this cannot be a trial.
    TrialNotAllowed,
    /// The e-mail belongs to a team.
    UserOnAnotherTeam,
}

impl Tag {
    /// A refusal with this tag.
    pub fn because(self, text: &'static str) -> Refusal {
        Refusal::Conflict(self, text)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CountryCodeInvalid => "country_code_invalid",
            Self::CurrentSkusMismatch => "current_skus_mismatch",
            Self::EmailInvalid => "email_invalid",
            Self::ImmediateChangeNotAllowed => "immediate_change_not_allowed",
            Self::NameInvalid => "name_invalid",
            Self::NotInGracePeriod => "not_in_grace_period",
            Self::ResellerIdsInvalid => "reseller_ids_invalid",
            Self::SkusInvalid => "skus_invalid",
            Self::TeamAlreadyActive => "team_already_active",
            Self::TeamInactive => "team_inactive",
            Self::TeamNotFound => "team_not_found",
            Self::TrialNotAllowed => "trial_not_allowed",
            Self::UserOnAnotherTeam => "user_on_another_team",
        }
    }

    fn body(self, text: &str, count: u32) -> Value {
        let tag = self.name();
        match count % 4 {
            0 => json!({ "error_summary": format!("{tag}/.."), "error": { ".tag": tag } }),
            1 => json!({
                "error_summary": format!("{tag}/."), "error": tag, "user_message": { "text": text, "locale": "en" }
            }),
            2 => json!({ "error_summary": tag, "user_message": text }),
            _ => json!({
                "error": { ".tag": tag, "user_message": { "text": text } }, "error_summary": format!("{tag}/…/")
            }),
        }
    }
}

impl Refusal {
    /// The answer of `function`; the shape follows from `count`, the number of the sandbox's earlier refusals.
    pub fn answer(self, function: &str, count: u32) -> Response {
        let failed = |reason: &str| format!("Error in call to API function \"{function}\": {reason}");
        match self {
            Self::Unauthorized if count.is_multiple_of(2) => {
                let body = json!({ "error_summary": "invalid_client/..", "error": { ".tag": "invalid_client" } });
                (StatusCode::UNAUTHORIZED, Json(body)).into_response()
            }
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, failed("The credentials are wrong.")).into_response(),
            Self::MethodNotAllowed => {
                let reason = failed("Your request's HTTP method must be \"POST\".");
                (StatusCode::METHOD_NOT_ALLOWED, reason).into_response()
            }
            Self::Malformed(reason) => (StatusCode::BAD_REQUEST, failed(&reason)).into_response(),
            Self::Conflict(tag, text) => (StatusCode::CONFLICT, Json(tag.body(text, count))).into_response(),
            Self::Unsaved(reason) => (StatusCode::INTERNAL_SERVER_ERROR, reason).into_response(),
        }
    }
}

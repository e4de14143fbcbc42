//! Error responses of the vendor. The same error comes in several shapes, as users of the API report.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

/// An error response.
#[derive(Debug)]
pub enum Refusal {
    /// Missing or wrong credentials.
    Unauthorized,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The body does not have the expected shape.
    Malformed(String),
    /// The vendor's rules do not allow the call. Contains a message for people.
    Conflict(Tag, &'static str),
    /// The sandbox could not write its file.
    Unsaved(String),
}

/// The error tag of a rule.
#[derive(Clone, Copy, Debug)]
pub enum Tag {
    /// Not an ISO 3166 two-letter code.
    CountryCodeInvalid,
    /// The team's SKUs are not those that the caller sent as current.
    CurrentSkusMismatch,
    /// Not an e-mail address.
    EmailInvalid,
    /// The change is only possible at the renewal.
    ImmediateChangeNotAllowed,
    /// The name is too long or empty.
    NameInvalid,
    /// More than 14 days have passed since the start of the term.
    NotInGracePeriod,
    /// The ids are not the caller's own, or not of the kind that the call requires.
    ResellerIdsInvalid,
    /// The SKUs do not exist, cannot be combined, or are not available now.
    SkusInvalid,
    /// The team is already active.
    TeamAlreadyActive,
    /// The team already belongs to the reseller to which it is to be moved.
    TeamAlreadyMigrated,
    /// The team is inactive and cannot be changed.
    TeamInactive,
    /// The caller has no such team.
    TeamNotFound,
    /// Not allowed for a trial, or not available as a trial.
    TrialNotAllowed,
    /// The e-mail address already belongs to a team.
    UserOnAnotherTeam,
}

impl Tag {
    /// Returns an error response with this tag.
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
            Self::TeamAlreadyMigrated => "team_already_migrated",
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
    /// Returns the response of `function`. Its shape depends on `count`, the number of earlier error responses.
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

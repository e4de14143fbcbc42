//! Signing in as an organization's owner, and mailing the owner its sign-in details (G6 and G7, both proposals).

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::settings::Partner;
use super::{Dropsuite, contract, organization};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::REDACTED;
use crate::vendor::{CustomerAccess, Step, VendorContext, VendorError};

impl Dropsuite {
    /// Returns a link that signs in once as the organization's owner. It is a secret: it belongs into one response only.
    ///
    /// # Errors
    /// The vendor's refusal, and [`VendorError::InvalidResponse`] if its answer has no usable link.
    pub async fn sign_in_link(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
    ) -> Result<SecretString, ServiceError> {
        let partner = self.partner(context)?;
        let request = partner.call(&contract::SIGN_IN_LINK, Some(access.customer.id.as_str()));
        let answer = self.send(context, &request).await.map_err(|error| match error {
            VendorError::NotFound => not_offered(
                "Dropsuite's API gave no sign-in link for this organization. Sign in to Dropsuite's own portal, and open the organization there.",
            ),
            error => error.into(),
        })?;
        link(&answer, &partner, access)
            .map_err(|reason| VendorError::InvalidResponse { reason: reason.to_owned() }.into())
    }

    /// Returns the change that mails the sign-in details to the organization's owner.
    pub fn sign_in_details_step(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
    ) -> Result<Step, ServiceError> {
        let partner = self.partner(context)?;
        Ok(organization::lifecycle_step(&partner, &contract::SEND_SIGN_IN_DETAILS, access.customer.id.as_str()))
    }
}

/// Converts the error of the mail with sign-in details into one for a person.
pub fn sign_in_details_error(error: VendorError) -> ServiceError {
    match &error {
        VendorError::NotFound => not_offered(
            "Dropsuite's API did not send the sign-in details of this organization. Send them in Dropsuite's own portal.",
        ),
        // A mail leaves no trace that could be looked up.
        VendorError::OutcomeUnknown { .. } => ServiceError::new(
            ErrorCode::OutcomeUnknown,
            "Dropsuite did not confirm that it sends the mail, so it may or may not have been sent. Ask the owner for it first: each repetition may send another one.",
        ),
        VendorError::NotSent { .. }
        | VendorError::Unauthorized
        | VendorError::Forbidden { .. }
        | VendorError::RateLimited { .. }
        | VendorError::Rejected { .. }
        | VendorError::InvalidResponse { .. }
        | VendorError::IncompleteList => return error.into(),
    }
    .with_internal(&error)
}

fn not_offered(message: &str) -> ServiceError {
    ServiceError::new(ErrorCode::VendorRefused, message)
}

/// Returns the link of an answer: a text, or the one member of an object that is a URL. The reasons of errors quote nothing.
fn link(answer: &Value, partner: &Partner, access: &CustomerAccess) -> Result<SecretString, &'static str> {
    let text = match answer {
        Value::String(text) => text.trim(),
        Value::Object(members) => {
            let texts = members.values().filter_map(Value::as_str).map(str::trim);
            let mut links = texts.filter(|text| text.contains("://") && Url::parse(text).is_ok());
            match (links.next(), links.next()) {
                (Some(link), None) => link,
                (None, _) => return Err("the answer has no link"),
                (Some(_), Some(_)) => return Err("the answer has several links"),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return Err("the answer is no link"),
    };
    let url = Url::parse(text).map_err(|_| "the answer is no URL")?;
    if url.scheme() != "https" || url.host().is_none() {
        return Err("the link is not https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the link has a user or a password");
    }
    let secrets = [partner.reseller_token(), partner.access_token()].into_iter().chain(access.token.as_ref());
    let secrets = secrets.map(|secret| secret.expose_secret().trim().to_ascii_lowercase());
    // The sender replaces the credentials of the request in what the vendor says.
    let forbidden: Vec<_> = secrets.filter(|secret| !secret.is_empty()).chain([REDACTED.to_owned()]).collect();
    let decoded = form_urlencoded::parse(url.as_str().as_bytes()).flat_map(|(name, value)| [name, value]);
    let shows = |text: &str| forbidden.iter().any(|secret| text.to_ascii_lowercase().contains(secret));
    if decoded.into_iter().any(|part| shows(&part)) {
        return Err("the link contains a token that opens more than one session");
    }
    Ok(String::from(url).into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::bss::Settings;
    use crate::http_client::{Deadline, OutboundCallLog};
    use crate::vendor::dropsuite::Config;
    use crate::vendor::{Customer, CustomerState};

    const RESELLER: &str = "11111111-1111-4111-8111-aaaaaaaaaaaa";
    const ACCESS: &str = "22222222-2222-4222-8222-222222222222";
    const OWN: &str = "33333333-3333-4333-8333-333333333333";

    fn of(answer: &Value) -> Result<String, &'static str> {
        let settings: Settings = [("resellertoken", RESELLER), ("accesstoken", ACCESS)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let log = OutboundCallLog::default();
        let context =
            VendorContext { settings: &settings, deadline: Deadline::after(Duration::ZERO), outbound_calls: &log };
        let config = Config::at("euwest", "https://vendor.example/api".parse().unwrap());
        let partner = Partner::from_settings(&context, &config).unwrap();
        let customer = Customer {
            id: crate::domain::ids::ExternalId::parse("440032-6").unwrap(),
            name: String::new(),
            email: String::new(),
            state: CustomerState::Active,
            login_disabled: false,
            plan: None,
            listed_plan: None,
            seats: 0,
            seats_used: 0,
            auto_license: false,
            billable_seats: None,
            active_seats: None,
            deactivated_seats: None,
            created_at: None,
            last_signed_in: None,
            deactivated_since: None,
            country: None,
            notification_emails: Vec::new(),
            reference: String::new(),
        };
        let access = CustomerAccess { customer, token: Some(OWN.into()) };
        assert!(!format!("{access:?}").contains(OWN), "a token in a log");
        link(answer, &partner, &access).map(|link| link.expose_secret().to_owned())
    }

    #[test]
    fn a_link_is_a_text_or_the_one_url_of_an_object() {
        let url = "https://portal.example/sso/abc?x=1";
        for answer in [
            json!(url),
            json!(format!(" {url} ")),
            json!({ "url": url }),
            json!({ "sso_link": url, "expires_in": 60, "note": "once" }),
        ] {
            assert_eq!(of(&answer).as_deref(), Ok(url), "{answer}");
        }
        for answer in [
            json!(null),
            json!([url]),
            json!(7),
            json!(""),
            json!("OK"),
            json!({}),
            json!({ "url": null }),
            json!({ "url": url, "other": "https://portal.example/logout" }),
            json!({ "data": { "url": url } }),
        ] {
            let error = of(&answer).unwrap_err();
            assert!(!error.contains("portal.example"), "{error}");
        }
    }

    #[test]
    fn a_link_is_encrypted_and_shows_no_token() {
        for wrong in [
            "http://portal.example/sso/abc".to_owned(),
            "javascript:alert(1)".to_owned(),
            "data:text/html,x".to_owned(),
            "//portal.example/sso".to_owned(),
            "/sso/abc".to_owned(),
            "https://user:password@portal.example/sso".to_owned(),
            format!("https://portal.example/sso?token={ACCESS}"),
            format!("https://portal.example/{}/sso", RESELLER.to_uppercase()),
            format!("https://portal.example/sso#{OWN}"),
            format!("https://portal.example/sso?a={}", OWN.replace('-', "%2D")),
            "https://portal.example/sso?token=[redacted]".to_owned(),
        ] {
            assert!(of(&json!(wrong)).is_err(), "{wrong}");
        }
    }
}

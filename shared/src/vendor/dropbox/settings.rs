//! The partner's settings: the fields that the operator fills in, and the credentials built from them.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::contract::{self, Action, member, tag};
use super::{Config, decode};
use crate::bss::requests;
use crate::bss::responses::{Field, FieldCollection, FieldDefinition, FieldKind};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::{HttpClient, JSON, Request};
use crate::vendor::{VendorContext, VendorError, sender};

const API_KEY: &str = "ApiKey";
const API_SECRET: &str = "ApiSecret";
const DISTRIBUTOR_ID: &str = "DistributorID";

/// Id, display name and description of each field.
const FIELDS: [(&str, &str, &str); 3] = [
    (API_KEY, "API Key", "The user name for the resellers API, issued by Dropbox's channel team."),
    (API_SECRET, "API Secret", "The password for the resellers API, issued by Dropbox's channel team."),
    (DISTRIBUTOR_ID, "Distributor ID", "The distributor's own id in the Dropbox Partner Portal."),
];

/// A distributor: its credentials, and its id at Dropbox.
#[derive(Clone, Debug)]
pub struct Partner {
    config: Config,
    authorization: SecretString,
    /// Id of the distributor in the Dropbox Partner Portal.
    pub distributor: String,
}

impl Partner {
    /// Builds the partner from the settings headers of a request.
    ///
    /// # Errors
    /// [`ErrorCode::SettingInvalid`], with the name of the field.
    pub fn from_settings(context: &VendorContext<'_>, config: &Config) -> Result<Self, ServiceError> {
        let setting = |field: &str| {
            let value = context.settings.get(field).map(|value| value.expose_secret().trim().to_owned());
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                ServiceError::new(
                    ErrorCode::SettingInvalid,
                    format!("The setting {field} is missing. Enter it in the integration's settings."),
                )
            })
        };
        Ok(Self::new(config, &setting(API_KEY)?, &setting(API_SECRET)?, setting(DISTRIBUTOR_ID)?))
    }

    fn new(config: &Config, key: &str, secret: &str, distributor: String) -> Self {
        let authorization = format!("Basic {}", STANDARD.encode(format!("{key}:{secret}"))).into();
        Self { config: config.clone(), authorization, distributor }
    }

    /// Returns the request of `action` with `body`.
    pub fn call(&self, action: &Action, body: Value) -> Request {
        let mut url = self.config.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(action.path.split('/'));
        }
        Request {
            name: action.name,
            effect: action.effect,
            method: Method::POST,
            url,
            path_template: Cow::Borrowed(action.path),
            credentials: vec![(AUTHORIZATION.as_str(), self.authorization.clone())],
            accept: JSON,
            body: Some(body),
        }
    }

    /// Returns the list of reseller ids for a request. In the test environment, which has no resellers, the list is empty.
    pub fn resellers<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> Value {
        let mut ids: Vec<&str> = ids.into_iter().filter(|_| !self.config.test_environment).collect();
        ids.dedup();
        json!(ids)
    }
}

/// Returns `true` if `text` is the value of one of the settings that are secrets.
pub fn is_secret(context: &VendorContext<'_>, text: &str) -> bool {
    let settings = [API_KEY, API_SECRET].into_iter().filter_map(|field| context.settings.get(field));
    settings.into_iter().any(|secret| secret.expose_secret().trim() == text)
}

/// Returns the settings fields that the operator fills in.
pub fn fields() -> FieldCollection {
    let fields = FIELDS.iter().zip(1..).map(|((id, name, description), sort_order)| FieldDefinition {
        id: (*id).to_owned(),
        sort_order,
        name: (*name).to_owned(),
        description: Some((*description).to_owned()),
        kind: if *id == DISTRIBUTOR_ID { FieldKind::Text } else { FieldKind::PasswordText },
        max_length: 200,
        is_required: true,
        ..FieldDefinition::default()
    });
    FieldCollection { fields: fields.map(Field::from).collect() }
}

/// Validates the settings fields, also at the vendor. Returns one text per invalid field, for the operator; empty if all are
/// valid.
pub async fn validate(
    filled: &requests::FieldCollection,
    config: &Config,
    client: &HttpClient,
    context: &VendorContext<'_>,
) -> Vec<String> {
    let value = |id: &str| filled.value(id);
    let missing: Vec<_> = FIELDS
        .iter()
        .filter(|(id, ..)| value(id).is_empty())
        .map(|(_, name, description)| format!("{name} is missing. {description}"))
        .collect();
    if !missing.is_empty() {
        return missing;
    }
    // HTTP Basic authentication ends the user name at the first colon.
    if value(API_KEY).contains(':') {
        return vec!["API Key contains a colon, which is not allowed. Copy the key again.".to_owned()];
    }
    let partner = Partner::new(config, value(API_KEY), value(API_SECRET), value(DISTRIBUTOR_ID).to_owned());
    credentials_problem(&partner, client, context).await.into_iter().collect()
}

/// Tests the credentials with a read. Returns the problem, if any.
async fn credentials_problem(partner: &Partner, client: &HttpClient, context: &VendorContext<'_>) -> Option<String> {
    let resellers = partner.resellers([partner.distributor.as_str()]);
    let request = partner.call(&contract::LIST, json!({ member::RESELLERS: resellers }));
    let answer = sender::send(client, context, &request).await.and_then(|response| decode::success(&response));
    match answer.and_then(decode::teams) {
        // A new distributor has no teams, another has more than a page of them.
        Ok(_) | Err(VendorError::IncompleteList) => None,
        Err(VendorError::Unauthorized) => {
            Some("API Key or API Secret was rejected by Dropbox. Copy both again, each into its own field.".to_owned())
        }
        Err(VendorError::Forbidden { message }) => {
            Some(format!("API Key does not have permission to use the resellers API ({message}). Ask Dropbox's channel team for it."))
        }
        Err(VendorError::Rejected { members, .. }) if members.iter().any(|member| member == tag::RESELLERS) => Some(
            "Distributor ID was rejected by Dropbox. Copy the distributor's own id from the Dropbox Partner Portal."
                .to_owned(),
        ),
        Err(
            VendorError::NotSent { .. }
            | VendorError::OutcomeUnknown { .. }
            | VendorError::RateLimited { .. }
            | VendorError::NotFound
            | VendorError::Rejected { .. }
            | VendorError::InvalidResponse { .. },
        ) => Some(
            "The fields could not be checked now, because Dropbox did not answer as expected. They may be valid. Try again in a few minutes."
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partner(test_environment: bool) -> Partner {
        let config =
            Config { test_environment, ..Config::at(url::Url::parse("https://dropbox.test/2/").unwrap()).unwrap() };
        Partner::new(&config, "key", "secret", "D-1".to_owned())
    }

    #[test]
    fn credentials_travel_as_basic_and_show_nowhere() {
        let request = partner(false).call(&contract::CANCEL, json!({}));
        assert_eq!(request.url.as_str(), "https://dropbox.test/2/resellers/team/cancel");
        let [(name, value)] = request.credentials.as_slice() else { panic!("{request:?}") };
        assert_eq!((*name, value.expose_secret()), ("authorization", "Basic a2V5OnNlY3JldA=="));
        assert!(!format!("{request:?}").contains("a2V5"));
    }

    #[test]
    fn the_test_environment_has_no_resellers() {
        assert_eq!(partner(false).resellers(["D-1", "R-1"]), json!(["D-1", "R-1"]));
        assert_eq!(partner(true).resellers(["D-1", "R-1"]), json!([]));
    }
}

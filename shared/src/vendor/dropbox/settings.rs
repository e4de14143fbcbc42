//! The partner's settings: which fields the operator fills in, and the credentials that come of them.

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
use crate::http_client::{JSON, Request, HttpClient};
use crate::vendor::{VendorContext, VendorError};

const API_KEY: &str = "ApiKey";
const API_SECRET: &str = "ApiSecret";
const DISTRIBUTOR_ID: &str = "DistributorID";

/// The fields with the names that the operator sees.
const FIELDS: [(&str, &str, &str); 3] = [
    (API_KEY, "API Key", "The user name of the resellers API, as Dropbox's channel team gave it."),
    (API_SECRET, "API Secret", "The password of the resellers API, as Dropbox's channel team gave it."),
    (DISTRIBUTOR_ID, "Distributor ID", "The distributor's own id in the Dropbox Partner Portal."),
];

/// A distributor as Dropbox knows it.
#[derive(Clone, Debug)]
pub struct Partner {
    config: Config,
    authorization: SecretString,
    /// Its id in the partner portal.
    pub distributor: String,
}

impl Partner {
    /// The partner of a request's settings headers.
    ///
    /// # Errors
    /// [`Code::SettingInvalid`], naming the field.
    pub fn of(session: &VendorContext<'_>, config: &Config) -> Result<Self, ServiceError> {
        let setting = |field: &str| {
            let value = session.settings.get(field).map(|value| value.expose_secret().trim().to_owned());
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                ServiceError::new(
                    ErrorCode::SettingInvalid,
                    format!("The setting {field} is missing. Fill it in on the integration's settings."),
                )
            })
        };
        Ok(Self::new(config, &setting(API_KEY)?, &setting(API_SECRET)?, setting(DISTRIBUTOR_ID)?))
    }

    fn new(config: &Config, key: &str, secret: &str, distributor: String) -> Self {
        let authorization = format!("Basic {}", STANDARD.encode(format!("{key}:{secret}"))).into();
        Self { config: config.clone(), authorization, distributor }
    }

    /// A call of `action` with `body`.
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
            credentials: vec![(AUTHORIZATION.as_str(), self.authorization.clone())],
            accept: JSON,
            body: Some(body),
        }
    }

    /// The ids by which a call says whose team it is about. The test environment has no resellers.
    pub fn resellers<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> Value {
        let mut ids: Vec<&str> = ids.into_iter().filter(|_| !self.config.test_environment).collect();
        ids.dedup();
        json!(ids)
    }
}

/// The fields that the operator fills in.
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

/// What is wrong with the filled fields, one line a field in the operator's words; empty when all is well.
pub async fn validate(
    filled: &requests::FieldCollection,
    config: &Config,
    sender: &HttpClient,
    session: &VendorContext<'_>,
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
    // HTTP Basic ends the user name there.
    if value(API_KEY).contains(':') {
        return vec!["API Key has a colon, which no user name of the resellers API can have. Copy it anew.".to_owned()];
    }
    let partner = Partner::new(config, value(API_KEY), value(API_SECRET), value(DISTRIBUTOR_ID).to_owned());
    refusal(&partner, sender, session).await.into_iter().collect()
}

/// Tries the credentials on a list that changes nothing.
async fn refusal(partner: &Partner, sender: &HttpClient, session: &VendorContext<'_>) -> Option<String> {
    let resellers = partner.resellers([partner.distributor.as_str()]);
    let request = partner.call(&contract::LIST, json!({ member::RESELLERS: resellers }));
    let answer = sender.send(&request, session.deadline, session.log).await;
    match answer.map_err(VendorError::from).and_then(|response| decode::success(&response)) {
        Ok(_) => None,
        Err(VendorError::Unauthorized) => {
            Some("API Key or API Secret was refused by Dropbox. Copy both anew, each into its own field.".to_owned())
        }
        Err(VendorError::Forbidden { message }) => {
            Some(format!("API Key is not permitted to use the resellers API ({message}). Ask Dropbox's channel team."))
        }
        Err(VendorError::Rejected { members, .. }) if members.iter().any(|member| member == tag::RESELLERS) => Some(
            "Distributor ID was refused by Dropbox. Copy the distributor's own id from the Dropbox Partner Portal."
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
            "The fields could not be checked now, because Dropbox did not answer as expected. They may well be right: try again in a few minutes."
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

//! The partner's settings: the fields that the operator fills in, and the credentials built from them.

use std::borrow::Cow;

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

use super::contract::{Operation, header};
use super::{Config, contract, decode};
use crate::bss::requests;
use crate::bss::responses::{Field, FieldCollection, FieldDefinition, FieldKind};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::domain::vendor_id::Instance;
use crate::http_client::{HttpClient, JSON, Request};
use crate::vendor::{VendorContext, VendorError, sender};

const RESELLER_TOKEN: &str = "ResellerToken";
const ACCESS_TOKEN: &str = "AccessToken";
const API_URL: &str = "ApiUrl";

/// A partner of the vendor: the address of its API, and its credentials.
#[derive(Clone, Debug)]
pub struct Partner {
    base: Url,
    reseller_token: SecretString,
    access_token: SecretString,
}

impl Partner {
    /// Builds the partner from the settings headers of a request.
    ///
    /// # Errors
    /// [`ErrorCode::SettingInvalid`], with the name of the field.
    pub fn from_settings(context: &VendorContext<'_>, config: &Config) -> Result<Self, ServiceError> {
        let token = |field: &str| {
            context.settings.get(field).map(trimmed).filter(is_header_value).ok_or_else(|| {
                invalid_setting(field, "is missing or contains characters that a token cannot have. Copy it from the Dropsuite portal, Settings > API Settings")
            })
        };
        let base = match context.settings.get(API_URL) {
            Some(url) => base_url(url.expose_secret(), config).map_err(|problem| invalid_setting(API_URL, &problem))?,
            None => config.default_base.clone(),
        };
        Ok(Self { base, reseller_token: token(RESELLER_TOKEN)?, access_token: token(ACCESS_TOKEN)? })
    }

    /// Returns a request without a body. `id` replaces `{id}` in the operation's path.
    pub fn call(&self, operation: &Operation, id: Option<&str>) -> Request {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            // An id stays one segment, whatever characters it has.
            segments.extend(
                operation.path.split('/').map(|part| if part == "{id}" { id.unwrap_or_default() } else { part }),
            );
        }
        Request {
            name: operation.name,
            effect: operation.effect,
            method: Method::clone(&operation.method),
            url,
            path_template: Cow::Borrowed(operation.path),
            credentials: vec![
                (header::RESELLER_TOKEN, self.reseller_token.clone()),
                (header::ACCESS_TOKEN, self.access_token.clone()),
            ],
            accept: JSON,
            body: None,
        }
    }

    /// Returns the same partner with another access token: that of an organization.
    pub fn with_token(&self, access_token: SecretString) -> Self {
        Self { access_token, ..self.clone() }
    }

    /// Returns the token that identifies the partner.
    pub fn reseller_token(&self) -> &SecretString {
        &self.reseller_token
    }

    /// Returns the token that authorizes the calls.
    pub fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// Returns scheme, host and port of the API. The portal has the same address.
    pub fn origin(&self) -> String {
        origin(&self.base)
    }

    /// Returns the instance of the API.
    pub fn instance(&self, config: &Config) -> Instance {
        if self.base.origin() == config.default_base.origin() {
            return Instance::Own;
        }
        Instance::at(self.base.host_str().unwrap_or_default(), self.base.port())
    }

    /// Returns the MSP that the reseller token identifies.
    pub fn msp(&self) -> MspId {
        MspId::from_reseller_token(&self.base, &self.reseller_token)
    }

    /// Returns a hash of address and tokens that distinguishes partners and is not a secret itself.
    pub fn fingerprint(&self) -> crate::domain::fingerprint::Fingerprint {
        let tokens = (self.reseller_token.expose_secret(), self.access_token.expose_secret());
        crate::domain::fingerprint::Fingerprint::hash(&(self.base.as_str(), tokens))
    }
}

/// Returns scheme, host and port of an address.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Returns the settings fields that the operator fills in.
pub fn fields(config: &Config) -> FieldCollection {
    let token = |id: &str, sort_order: u32, name: &str, description: &str| FieldDefinition {
        id: id.to_owned(),
        sort_order,
        name: name.to_owned(),
        description: Some(description.to_owned()),
        kind: FieldKind::PasswordText,
        max_length: 100,
        is_required: true,
        ..FieldDefinition::default()
    };
    let fields = [
        token(
            RESELLER_TOKEN,
            1,
            "Reseller Token",
            "Dropsuite portal > Settings > API Settings > Reseller Token. Not the short partner number.",
        ),
        token(
            ACCESS_TOKEN,
            2,
            "Access Token",
            "Dropsuite portal > Settings > API Settings > Authentication Token. Not an organization's own token.",
        ),
        FieldDefinition {
            id: API_URL.to_owned(),
            sort_order: 3,
            name: "API URL".to_owned(),
            description: Some(
                "Dropsuite portal > Settings > API Settings > API URL. Leave it as it is unless the portal shows another one."
                    .to_owned(),
            ),
            kind: FieldKind::Url,
            max_length: 200,
            is_required: false,
            initial_value: Some(config.default_base.to_string()),
            ..FieldDefinition::default()
        },
    ];
    FieldCollection { fields: fields.into_iter().map(Field::from).collect() }
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
    let mut problems = Vec::new();
    for (id, name) in [(RESELLER_TOKEN, "Reseller Token"), (ACCESS_TOKEN, "Access Token")] {
        if value(id).is_empty() {
            problems
                .push(format!("{name} is missing. It is shown in the Dropsuite portal under Settings > API Settings."));
        } else if Uuid::try_parse(value(id)).is_err() {
            problems.push(format!(
                "{name} is not a token: it has 36 characters, like 01234567-89ab-cdef-0123-456789abcdef. Copy it from the Dropsuite portal, Settings > API Settings."
            ));
        }
    }
    let base = match value(API_URL) {
        "" => Ok(config.default_base.clone()),
        url => base_url(url, config),
    };
    match base {
        Err(problem) => problems.push(format!("API URL {problem}.")),
        Ok(base) if problems.is_empty() => {
            let partner = Partner {
                base,
                reseller_token: value(RESELLER_TOKEN).into(),
                access_token: value(ACCESS_TOKEN).into(),
            };
            problems.extend(credentials_problem(&partner, client, context).await);
        }
        Ok(_) => {}
    }
    problems
}

/// Tests the tokens at the vendor. Returns the problem, if any.
async fn credentials_problem(partner: &Partner, client: &HttpClient, context: &VendorContext<'_>) -> Option<String> {
    let send = async |operation: &Operation| {
        decode::success(&sender::send(client, context, &partner.call(operation, None)).await?)
    };
    match send(&contract::PLANS).await.and_then(decode::page) {
        // Dropsuite answers a token of another kind with an empty list.
        Ok(plans) => plans.rows.is_empty().then(|| {
            "Access Token shows no plans. Copy the Authentication Token again from the Dropsuite portal, Settings > API Settings; an organization's own token does not work. If the partner has no plan yet, create one in the Dropsuite portal first."
                .to_owned()
        }),
        // The status request needs the reseller token only, so it shows which of the two tokens is wrong.
        Err(VendorError::Unauthorized) => Some(match send(&contract::STATUS).await {
            Err(VendorError::Unauthorized) => {
                "Reseller Token was rejected by Dropsuite. Copy it again from the portal of the same region, Settings > API Settings."
                    .to_owned()
            }
            Ok(_) | Err(_) => {
                "Access Token was rejected by Dropsuite. Copy the Authentication Token again from the portal, Settings > API Settings. An organization's own token does not work."
                    .to_owned()
            }
        }),
        Err(VendorError::Forbidden { message }) => Some(format!(
            "Access Token does not have permission to read the plans ({message}). Ask Dropsuite for direct partner rights."
        )),
        Err(VendorError::NotFound) => Some("API URL does not lead to the Dropsuite API. Copy it from the portal, Settings > API Settings.".to_owned()),
        Err(
            VendorError::NotSent { .. }
            | VendorError::OutcomeUnknown { .. }
            | VendorError::RateLimited { .. }
            | VendorError::Rejected { .. }
            | VendorError::InvalidResponse { .. }
            | VendorError::IncompleteList,
        ) => Some(
            "The tokens could not be checked now, because Dropsuite did not answer as expected. They may be valid. Try again in a few minutes."
                .to_owned(),
        ),
    }
}

/// Parses an address that we may call: the region's own, or one of the vendor's hosts by HTTPS. This prevents a setting from
/// making us call an address inside our network.
fn base_url(text: &str, config: &Config) -> Result<Url, String> {
    let mut url = Url::parse(text.trim())
        .map_err(|error| format!("is not a URL ({error}). Copy it from the portal, Settings > API Settings"))?;
    url.set_query(None);
    url.set_fragment(None);
    if url.as_str().trim_end_matches('/') == config.default_base.as_str().trim_end_matches('/') {
        return Ok(url);
    }
    if config.allows_origin(&origin(&url)) {
        return Ok(url);
    }
    let host = url.host_str().unwrap_or_default();
    let default_port = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    if url.scheme() == "https" && default_port && config.allows(host) {
        Ok(url)
    } else {
        Err(format!(
            "must start with https:// and name a host of Dropsuite ({}), without a port or a user. Copy it from the portal, Settings > API Settings",
            config.allowed_hosts.join(", ")
        ))
    }
}

fn trimmed(secret: &SecretString) -> SecretString {
    secret.expose_secret().trim().into()
}

fn is_header_value(secret: &SecretString) -> bool {
    let text = secret.expose_secret();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn invalid_setting(field: &str, problem: &str) -> ServiceError {
    ServiceError::new(ErrorCode::SettingInvalid, format!("The setting {field} {problem}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            allowed_hosts: vec!["dropsuite.us".to_owned(), "*.dropsuite.com".to_owned()],
            ..Config::at("euwest", Url::parse("http://127.0.0.1:9001/api").unwrap())
        }
    }

    #[test]
    fn only_the_vendors_hosts_are_allowed() {
        for good in [
            "https://dropsuite.us/api",
            "https://x.dropsuite.com/api/",
            "http://127.0.0.1:9001/api/",
            "HTTPS://DROPSUITE.US/api",
        ] {
            assert!(base_url(good, &config()).is_ok(), "{good}");
        }
        for bad in [
            "http://dropsuite.us/api",
            "https://dropsuite.us.example.com/api",
            "https://dropsuite.com/api",
            "https://evil-dropsuite.com/api",
            "https://169.254.169.254/latest",
            "https://dropsuite.us:8443/api",
            "https://user@dropsuite.us/api",
            "http://127.0.0.1:9004/",
            "ftp://dropsuite.us",
            "dropsuite.us",
        ] {
            assert!(base_url(bad, &config()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_stays_one_segment() {
        let partner = Partner {
            base: Url::parse("https://dropsuite.us/api/").unwrap(),
            reseller_token: "r".into(),
            access_token: "a".into(),
        };
        let request = partner.call(&contract::SUSPEND, Some("../x/1?y"));
        assert_eq!(request.url.as_str(), "https://dropsuite.us/api/users/..%2Fx%2F1%3Fy/suspend");
        assert!(!format!("{request:?}").contains("\"r\""));
    }
}

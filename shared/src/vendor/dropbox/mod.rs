//! Dropbox: teams with licences. An account is nothing at the vendor; a subscription is a team, made by the account's first
//! order under its reseller. The rules and how sure they are: `reference/dropbox.md`.

mod accounts;
mod catalogue;
pub mod contract;
mod decode;
mod definitions;
mod desired_package;
mod package;
mod settings;
mod subscriptions;
mod sync_options;
mod team;
mod user_message;

use std::sync::Arc;

use serde_json::Value;
use url::Url;

pub use accounts::{LOGIN_OPTION, account_wish, look, next};
pub use catalogue::Catalogue;
pub use sync_options::sync_options;
pub use user_message::{explain_step, no_msps};

use self::contract::member;
use self::settings::Partner;
use crate::bss::responses::{FieldCollection, ProductTypeCollection};
use crate::bss::{TextMap, requests};
use crate::config::{self, ConfigError};
use crate::domain::account::Profile;
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::http_client::{Request, HttpClient};
use crate::vendor::{CreatedResource, VendorContext, Step, VendorError};

/// The attribute of the definitions that names the plan.
const PLAN: &str = "plan";

/// The attribute of the definitions that counts licences.
const SEATS: &str = "seats";

/// Where customers sign in.
const PORTAL: &str = "https://www.dropbox.com";

/// Where Dropbox is, and what it sells.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DROPBOX_BASE_URL`; by default [`contract::BASE`].
    pub base: Url,
    /// What is sold: the JSON file that `DROPBOX_CATALOGUE_FILE` names, or the shipped default.
    pub catalogue: Arc<Catalogue>,
    /// `DROPBOX_TEST_ENVIRONMENT`: whether the credentials are for Dropbox's test environment, which has no resellers;
    /// default false.
    pub test_environment: bool,
}

impl Config {
    /// The defaults for an API at `base`.
    pub fn at(base: Url) -> Result<Self, ConfigError> {
        let catalogue = Catalogue::shipped().map_err(|problem| ConfigError::new("DROPBOX_CATALOGUE_FILE", problem))?;
        Ok(Self { base, catalogue: Arc::new(catalogue), test_environment: false })
    }

    /// Reads the variables that the members name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let base = config::optional("DROPBOX_BASE_URL").unwrap_or_else(|| contract::BASE.to_owned());
        let base = Url::parse(&base).map_err(|error| ConfigError::new("DROPBOX_BASE_URL", error.to_string()))?;
        let defaults = Self::at(base)?;
        let catalogue = match config::optional("DROPBOX_CATALOGUE_FILE") {
            Some(file) => Arc::new(read(&file).map_err(|problem| ConfigError::new("DROPBOX_CATALOGUE_FILE", problem))?),
            None => defaults.catalogue,
        };
        let test_environment = config::parsed("DROPBOX_TEST_ENVIRONMENT", defaults.test_environment)?;
        Ok(Self { catalogue, test_environment, ..defaults })
    }
}

fn read(file: &str) -> Result<Catalogue, String> {
    let json = std::fs::read_to_string(file).map_err(|error| format!("names {file}: {error}"))?;
    Catalogue::parse(&json).map_err(|problem| format!("names {file}: {problem}"))
}

/// The vendor.
#[derive(Debug)]
pub struct Dropbox {
    config: Config,
    sender: HttpClient,
    vocabulary: AttributeNames,
}

impl Dropbox {
    /// Dropbox as `config` says, reached by `sender`.
    pub fn new(config: Config, sender: HttpClient) -> Self {
        let features = config.catalogue.addons.iter().map(|addon| addon.id.clone()).collect();
        Self { config, sender, vocabulary: AttributeNames { seats: SEATS, features, seat_addons: &[] } }
    }

    /// The attributes and add-ons of the definitions.
    pub fn vocabulary(&self) -> &AttributeNames {
        &self.vocabulary
    }

    /// What is wrong with filled fields.
    pub async fn validate(&self, session: &VendorContext<'_>, filled: &requests::FieldCollection) -> Vec<String> {
        settings::validate(filled, &self.config, &self.sender, session).await
    }

    /// What is sold.
    pub fn definitions(&self) -> ProductTypeCollection {
        definitions::product_types(&self.config.catalogue)
    }

    /// Makes the change; the new team's id, if it makes one.
    pub async fn perform(&self, session: &VendorContext<'_>, step: &Step) -> Result<Option<ExternalId>, VendorError> {
        let answer = self.ask(session, &step.request).await?;
        if !matches!(step.creates, Some(CreatedResource::Tenant { .. })) {
            return Ok(None);
        }
        let id = answer.get(member::ID).and_then(Value::as_str).and_then(ExternalId::parse);
        id.map(Some).ok_or_else(|| VendorError::InvalidResponse { reason: "a create answered without an id".to_owned() })
    }

    fn partner(&self, session: &VendorContext<'_>) -> Result<Partner, ServiceError> {
        Partner::of(session, &self.config)
    }

    async fn ask(&self, session: &VendorContext<'_>, request: &Request) -> Result<Value, VendorError> {
        decode::success(&self.sender.send(request, session.deadline, session.log).await?)
    }
}

/// The fields that the operator fills in.
pub fn fields() -> FieldCollection {
    settings::fields()
}

/// `username` and `portal_url`, for the operator's own mails; the welcome mail is Dropbox's.
pub fn extra_info(profile: &Profile) -> TextMap {
    TextMap::from([
        ("username".to_owned(), profile.email.as_str().to_owned()),
        ("portal_url".to_owned(), PORTAL.to_owned()),
    ])
}

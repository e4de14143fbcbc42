//! Dropbox: teams with licences. An account does not exist at the vendor. A subscription is a team, which the account's
//! first order creates under the account's reseller. `docs/vendors/dropbox.md` lists the rules and how certain they are.

mod accounts;
mod cancellation;
mod catalogue;
mod config;
pub mod contract;
mod decode;
mod definitions;
mod desired_package;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod migration;
mod package;
mod settings;
mod subscriptions;
mod sync_options;
mod team;
mod term;
mod user_message;

use serde_json::Value;

pub use accounts::{LOGIN_OPTION, desired_account, get_account, next_for_account};
pub use catalogue::Catalogue;
pub use config::{CancelAfterWindow, Config};
pub use contract::TRIAL_DAYS;
pub use sync_options::sync_options;
pub use user_message::{msp_not_supported, step_error};

use self::catalogue::SEATS;
use self::contract::{PORTAL, member};
use self::settings::Partner;
use crate::bss::responses::{FieldCollection, ProductTypeCollection};
use crate::bss::{TextMap, requests};
use crate::domain::account::Profile;
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::ids::{ExternalId, PartnerId};
use crate::http_client::{HttpClient, Request};
use crate::vendor::{CreatedResource, Step, VendorContext, VendorError, sender};

/// The vendor: its configuration and its HTTP client.
#[derive(Debug)]
pub struct Dropbox {
    config: Config,
    client: HttpClient,
    attribute_names: AttributeNames,
}

impl Dropbox {
    /// Creates the vendor. The catalogue's add-ons become its features.
    pub fn new(config: Config, client: HttpClient) -> Self {
        let features = config.catalogue.addons.iter().map(|addon| addon.id.clone()).collect();
        Self { config, client, attribute_names: AttributeNames { seats: SEATS, features, seat_addons: &[] } }
    }

    /// Returns the names of the attributes and add-ons in the definitions.
    pub fn attribute_names(&self) -> &AttributeNames {
        &self.attribute_names
    }

    /// Validates settings fields. Returns one text per problem, for the operator.
    pub async fn validate(&self, context: &VendorContext<'_>, filled: &requests::FieldCollection) -> Vec<String> {
        settings::validate(filled, &self.config, &self.client, context).await
    }

    /// Returns the products of the catalogue.
    pub fn definitions(&self) -> ProductTypeCollection {
        definitions::product_types(&self.config.catalogue)
    }

    /// Sends the change. Returns the id of the team, if the step creates one.
    pub async fn perform(&self, context: &VendorContext<'_>, step: &Step) -> Result<Option<ExternalId>, VendorError> {
        let response = self.send(context, &step.request).await?;
        if !matches!(step.creates, Some(CreatedResource::Tenant { .. })) {
            return Ok(None);
        }
        let id = response.get(member::ID).and_then(Value::as_str).and_then(ExternalId::parse);
        id.map(Some)
            .ok_or_else(|| VendorError::InvalidResponse { reason: "the response to a create has no id".to_owned() })
    }

    /// Returns the partner that the settings name.
    pub fn partner_id(&self, context: &VendorContext<'_>) -> Result<Option<PartnerId>, ServiceError> {
        Ok(PartnerId::parse(&self.partner(context)?.distributor))
    }

    /// Returns the partner that the settings name, if the distributor's id is not the key or the secret again.
    pub fn issued_partner_id(&self, context: &VendorContext<'_>) -> Option<PartnerId> {
        let partner = self.partner(context).ok()?;
        PartnerId::parse(&partner.distributor).filter(|id| !settings::is_secret(context, id.as_str()))
    }

    fn partner(&self, context: &VendorContext<'_>) -> Result<Partner, ServiceError> {
        Partner::from_settings(context, &self.config)
    }

    async fn send(&self, context: &VendorContext<'_>, request: &Request) -> Result<Value, VendorError> {
        decode::success(&sender::send(&self.client, context, request).await?)
    }
}

/// Returns the settings fields that the operator fills in.
pub fn fields() -> FieldCollection {
    settings::fields()
}

/// Returns `username` and `portal_url`, for the operator's own emails. Dropbox itself sends the welcome email.
pub fn extra_info(profile: &Profile) -> TextMap {
    TextMap::from([
        ("username".to_owned(), profile.email.as_str().to_owned()),
        ("portal_url".to_owned(), PORTAL.to_owned()),
    ])
}

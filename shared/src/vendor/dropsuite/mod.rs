//! Dropsuite: email backup and archiving. An account is an organization or, for a reseller, a sub-reseller. A subscription
//! is the organization's plan and seats. `docs/vendors/dropsuite.md` lists the facts and how certain they are.

mod accounts;
mod config;
pub mod contract;
mod customer_lists;
mod customers;
mod decode;
mod definitions;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod list;
mod mailboxes;
mod organization;
mod plan;
mod settings;
mod sign_in;
mod sign_in_details;
mod subscriptions;
mod sync_options;
mod user_message;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use serde::Deserialize;
use uuid::Uuid;

pub use config::Config;
pub use definitions::TRIAL_DAYS;
pub use plan::billing_months;
pub use settings::fields;
pub use sign_in_details::sign_in_details_error;
pub use sync_options::{LOGIN_OPTION, sync_options};
pub use user_message::user_error;

use self::decode::{More, Pages};
use self::definitions::{ARCHIVING, EXTRA_SEATS, SEATS};
use self::plan::{Plan, Plans};
use self::settings::Partner;
use crate::bss::responses::{FieldCollection, ProductTypeCollection};
use crate::bss::{TextMap, requests};
use crate::domain::account::{Profile, Role};
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{ExternalId, PartnerId};
use crate::domain::vendor_id::Instance;
use crate::http_client::{HttpClient, Request};
use crate::vendor::{OfferedPlan, Organization, Step, VendorContext, VendorError, decode_json, sender};

/// Time for which a partner's plans are cached. Definitions are always built from plans that were just read, and a plan
/// that is missing in the cache causes a new read.
const PLAN_CACHE_TTL: Duration = Duration::from_mins(5);

/// Upper bound of the pages of plans that are read, well above any partner's number of plans.
const MAX_PLAN_PAGES: u32 = 20;

/// The response to a create.
#[derive(Deserialize)]
struct Created {
    #[serde(deserialize_with = "decode::id")]
    id: String,
}

/// The vendor: its configuration, its HTTP client, and a cache of the partners' plans.
#[derive(Debug)]
pub struct Dropsuite {
    config: Config,
    client: HttpClient,
    attribute_names: AttributeNames,
    plan_cache: Mutex<HashMap<Fingerprint, (Instant, Arc<Plans>)>>,
}

impl Dropsuite {
    /// Creates the vendor with the rate limit of `config`.
    pub fn new(config: Config, client: HttpClient) -> Self {
        let attribute_names =
            AttributeNames { seats: SEATS, features: vec![ARCHIVING.to_owned()], seat_addons: &[EXTRA_SEATS] };
        let client = match config.requests_per_minute {
            Some(per_minute) => client.with_rate_limit(per_minute),
            None => client,
        };
        Self { config, client, attribute_names, plan_cache: Mutex::default() }
    }

    /// Returns the names of the attributes and add-ons in the definitions.
    pub fn attribute_names(&self) -> &AttributeNames {
        &self.attribute_names
    }

    /// Returns the settings fields that the operator fills in.
    pub fn fields(&self) -> FieldCollection {
        fields(&self.config)
    }

    /// Validates settings fields. Returns one text per problem, for the operator.
    pub async fn validate(&self, context: &VendorContext<'_>, filled: &requests::FieldCollection) -> Vec<String> {
        settings::validate(filled, &self.config, &self.client, context).await
    }

    /// Returns the products that the partner can sell, built from its own plans.
    pub async fn definitions(&self, context: &VendorContext<'_>) -> Result<ProductTypeCollection, ServiceError> {
        let partner = self.partner(context)?;
        let plans = self.fetch_plans(context, &partner).await?;
        let portal = self.config.portal.clone().unwrap_or_else(|| partner.origin());
        Ok(definitions::product_types(&plans, &portal))
    }

    /// Returns `username`, `portal_url`, `reseller_portal_url` and `region`, for the welcome mail.
    pub fn extra_info(&self, context: &VendorContext<'_>, profile: &Profile) -> Result<TextMap, ServiceError> {
        let partner = self.partner(context)?;
        let api_origin = partner.origin();
        let portal = |configured: &Option<String>| configured.clone().unwrap_or_else(|| api_origin.clone());
        Ok(TextMap::from([
            ("username".to_owned(), profile.email.as_str().to_owned()),
            ("portal_url".to_owned(), portal(&self.config.portal)),
            ("reseller_portal_url".to_owned(), portal(&self.config.reseller_portal)),
            ("region".to_owned(), self.config.region.clone()),
        ]))
    }

    /// Sends the change. Returns the id of the created object, if the step creates one.
    pub async fn perform(&self, context: &VendorContext<'_>, step: &Step) -> Result<Option<ExternalId>, VendorError> {
        let response = self.send(context, &step.request).await?;
        if step.creates.is_none() {
            return Ok(None);
        }
        let Created { id } = decode_json(response)?;
        ExternalId::parse(&id)
            .map(Some)
            .ok_or_else(|| VendorError::InvalidResponse { reason: format!("{id:?} is not an id") })
    }

    /// Returns the partner that the settings name.
    pub fn partner_id(&self, context: &VendorContext<'_>) -> Result<Option<PartnerId>, ServiceError> {
        Ok(PartnerId::parse(&self.partner(context)?.msp().to_string()))
    }

    /// Returns the partner that the settings name, if its reseller token is a GUID, as Dropsuite's are.
    pub fn issued_partner_id(&self, context: &VendorContext<'_>) -> Option<PartnerId> {
        let partner = self.partner(context).ok()?;
        Uuid::try_parse(partner.reseller_token().expose_secret()).ok()?;
        self.partner_id(context).ok().flatten()
    }

    /// Returns `true` if the tokens show what the partner has. For a token of another kind the vendor answers with empty
    /// lists (`docs/vendors/dropsuite.md` 3), but every partner has plans.
    pub async fn shows_partner(&self, context: &VendorContext<'_>) -> Result<bool, ServiceError> {
        let plans = self.fetch_plans(context, &self.partner(context)?).await?;
        Ok(plans.iter().any(|plan| !plan.id.is_empty()))
    }

    /// Returns the instance that the partner's settings name: the stack's own unless they name another host.
    pub fn instance(&self, context: &VendorContext<'_>) -> Result<Instance, ServiceError> {
        Ok(self.partner(context)?.instance(&self.config))
    }

    /// Returns the region.
    pub fn region(&self) -> &str {
        &self.config.region
    }

    /// Returns the partner's plans of the known families.
    pub async fn offered_plans(&self, context: &VendorContext<'_>) -> Result<Vec<OfferedPlan>, ServiceError> {
        let partner = self.partner(context)?;
        let plans = self.fetch_plans(context, &partner).await?;
        Ok(plans.iter().filter_map(Plan::offered).collect())
    }

    /// Returns one of the partner's organizations; `None` if it does not exist or belongs to another partner.
    pub async fn organization(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
    ) -> Result<Option<Organization>, ServiceError> {
        let partner = self.partner(context)?;
        let row = self.get_row(context, &partner, Role::User, id).await?;
        let organization = |row: organization::Row| Organization {
            id: id.clone(),
            name: row.name().to_owned(),
            reference: row.external_id,
        };
        Ok(row.map(organization))
    }

    fn partner(&self, context: &VendorContext<'_>) -> Result<Partner, ServiceError> {
        Partner::from_settings(context, &self.config)
    }

    async fn send(&self, context: &VendorContext<'_>, request: &Request) -> Result<serde_json::Value, VendorError> {
        decode::success(&sender::send(&self.client, context, request).await?)
    }

    async fn fetch_plans(&self, context: &VendorContext<'_>, partner: &Partner) -> Result<Arc<Plans>, ServiceError> {
        let (mut rows, mut pages) = (Vec::new(), Pages::default());
        let mut is_whole = false;
        for page in 1..=MAX_PLAN_PAGES {
            // No public client pages through plans, so a further page is requested only if the response announces one.
            let request = partner.call(&contract::PLANS, None);
            let request = if page == 1 { request } else { contract::page::request(request, page) };
            let page = pages.take(decode::page(self.send(context, &request).await?)?)?;
            rows.extend(page.rows);
            is_whole = page.more != More::Yes;
            if is_whole {
                break;
            }
        }
        if !is_whole {
            return Err(VendorError::IncompleteList.into());
        }
        let plans: Vec<Plan> = rows.into_iter().map(decode_json).collect::<Result<_, _>>()?;
        let plans = Arc::new(Plans::new(plans));
        let mut cache = self.plan_cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.retain(|_, (read_at, _)| read_at.elapsed() < PLAN_CACHE_TTL);
        cache.insert(partner.fingerprint(), (Instant::now(), Arc::clone(&plans)));
        Ok(plans)
    }

    /// Returns the partner's plans: the cached ones if they are sufficient, otherwise those that the vendor has now.
    async fn plans(
        &self,
        context: &VendorContext<'_>,
        partner: &Partner,
        is_sufficient: impl Fn(&Plans) -> bool + Send,
    ) -> Result<Arc<Plans>, ServiceError> {
        let cached = {
            let cache = self.plan_cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache
                .get(&partner.fingerprint())
                .filter(|(read_at, plans)| read_at.elapsed() < PLAN_CACHE_TTL && is_sufficient(plans))
                .map(|(_, plans)| Arc::clone(plans))
        };
        match cached {
            Some(plans) => Ok(plans),
            None => self.fetch_plans(context, partner).await,
        }
    }
}

//! Dropsuite: email backup and archiving. An account is an organization or, for a reseller, a sub-reseller. A subscription
//! is the organization's plan and seats. `docs/vendors/dropsuite.md` lists the facts and how certain they are.

mod accounts;
mod config;
pub mod contract;
mod decode;
mod definitions;
mod mailboxes;
mod organization;
mod plan;
mod settings;
mod subscriptions;
mod sync_options;
mod user_message;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use config::Config;
pub use sync_options::{LOGIN_OPTION, sync_options};
pub use user_message::user_error;

use self::definitions::{ARCHIVING, EXTRA_SEATS, SEATS};
use self::plan::{Plan, Plans};
use self::settings::Partner;
use crate::bss::responses::{FieldCollection, ProductTypeCollection};
use crate::bss::{TextMap, requests};
use crate::domain::account::{Profile, Role};
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::http_client::{HttpClient, Request};
use crate::vendor::{OfferedPlan, Organization, Step, VendorContext, VendorError, decode_json};

/// Time for which a partner's plans are cached. Definitions are always built from plans that were just read, and a plan
/// that is missing in the cache causes a new read.
const PLANS_KEPT: Duration = Duration::from_mins(5);

/// Upper bound of the pages of plans that are read, well above any partner's number of plans.
const MAX_PLAN_PAGES: u32 = 20;

/// The vendor: its configuration, its HTTP client, and a cache of the partners' plans.
#[derive(Debug)]
pub struct Dropsuite {
    config: Config,
    sender: HttpClient,
    vocabulary: AttributeNames,
    plans: Mutex<HashMap<Fingerprint, (Instant, Arc<Plans>)>>,
}

impl Dropsuite {
    /// Creates the vendor with the rate limit of `config`.
    pub fn new(config: Config, sender: HttpClient) -> Self {
        let vocabulary =
            AttributeNames { seats: SEATS, features: vec![ARCHIVING.to_owned()], seat_addons: &[EXTRA_SEATS] };
        let sender = match config.requests_per_minute {
            Some(per_minute) => sender.with_rate_limit(per_minute),
            None => sender,
        };
        Self { config, sender, vocabulary, plans: Mutex::default() }
    }

    /// Returns the names of the attributes and add-ons in the definitions.
    pub fn vocabulary(&self) -> &AttributeNames {
        &self.vocabulary
    }

    /// Returns the settings fields that the operator fills in.
    pub fn fields(&self) -> FieldCollection {
        settings::fields(&self.config)
    }

    /// Validates settings fields. Returns one text per problem, for the operator.
    pub async fn validate(&self, session: &VendorContext<'_>, filled: &requests::FieldCollection) -> Vec<String> {
        settings::validate(filled, &self.config, &self.sender, session).await
    }

    /// Returns the products that the partner can sell, built from its own plans.
    pub async fn definitions(&self, session: &VendorContext<'_>) -> Result<ProductTypeCollection, ServiceError> {
        let partner = self.partner(session)?;
        let plans = self.fetch_plans(session, &partner).await?;
        let portal = self.config.portal.clone().unwrap_or_else(|| partner.origin());
        Ok(definitions::product_types(&plans, &portal))
    }

    /// Returns `username`, `portal_url`, `reseller_portal_url` and `region`, for the welcome mail.
    pub fn extra_info(&self, session: &VendorContext<'_>, profile: &Profile) -> Result<TextMap, ServiceError> {
        let partner = self.partner(session)?;
        let of_api = partner.origin();
        let portal = |configured: &Option<String>| configured.clone().unwrap_or_else(|| of_api.clone());
        Ok(TextMap::from([
            ("username".to_owned(), profile.email.as_str().to_owned()),
            ("portal_url".to_owned(), portal(&self.config.portal)),
            ("reseller_portal_url".to_owned(), portal(&self.config.reseller_portal)),
            ("region".to_owned(), self.config.region.clone()),
        ]))
    }

    /// Sends the change. Returns the id of the created object, if the step creates one.
    pub async fn perform(&self, session: &VendorContext<'_>, step: &Step) -> Result<Option<ExternalId>, VendorError> {
        let answer = self.ask(session, &step.request).await?;
        let id = answer.get("id").cloned().filter(|_| step.creates.is_some());
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        match id.map(text).and_then(|id| ExternalId::parse(&id)) {
            None if step.creates.is_some() => {
                Err(VendorError::InvalidResponse { reason: "the response to a create has no id".to_owned() })
            }
            id => Ok(id),
        }
    }

    /// Returns the MSP that the partner's tokens identify. The tokens are proved by reading the partner's plans.
    pub async fn msp(&self, session: &VendorContext<'_>) -> Result<MspId, ServiceError> {
        let partner = self.partner(session)?;
        self.fetch_plans(session, &partner).await?;
        Ok(partner.msp())
    }

    /// Returns the URL of the resellers' portal: the configured one, otherwise the host of the API.
    pub fn reseller_portal_of(&self, session: &VendorContext<'_>) -> Result<String, ServiceError> {
        let partner = self.partner(session)?;
        Ok(self.config.reseller_portal.clone().unwrap_or_else(|| partner.origin()))
    }

    /// Returns the region.
    pub fn region(&self) -> &str {
        &self.config.region
    }

    /// Returns the partner's plans of the known families.
    pub async fn offered_plans(&self, session: &VendorContext<'_>) -> Result<Vec<OfferedPlan>, ServiceError> {
        let partner = self.partner(session)?;
        let plans = self.fetch_plans(session, &partner).await?;
        Ok(plans.iter().filter_map(Plan::offered).collect())
    }

    /// Returns one of the partner's organizations; `None` if it does not exist or belongs to another partner.
    pub async fn organization(
        &self,
        session: &VendorContext<'_>,
        id: &ExternalId,
    ) -> Result<Option<Organization>, ServiceError> {
        let partner = self.partner(session)?;
        let row = self.row(session, &partner, Role::User, id).await?;
        let organization = |row: organization::Row| Organization {
            id: id.clone(),
            name: row.name().to_owned(),
            reference: row.external_id,
        };
        Ok(row.map(organization))
    }

    fn partner(&self, session: &VendorContext<'_>) -> Result<Partner, ServiceError> {
        Partner::of(session, &self.config)
    }

    async fn ask(&self, session: &VendorContext<'_>, request: &Request) -> Result<serde_json::Value, VendorError> {
        decode::success(&self.sender.send(request, session.deadline, session.log).await?)
    }

    async fn fetch_plans(&self, session: &VendorContext<'_>, partner: &Partner) -> Result<Arc<Plans>, ServiceError> {
        let mut rows = Vec::new();
        for page in 1..=MAX_PLAN_PAGES {
            // No public client pages through plans, so a further page is requested only if the response announces one.
            let request = partner.call(&contract::PLANS, None);
            let request = if page == 1 { request } else { contract::page::of(request, page) };
            let list = decode::page(self.ask(session, &request).await?)?;
            rows.extend(list.rows);
            if list.more != decode::More::Yes {
                break;
            }
        }
        let plans: Vec<Plan> = rows.into_iter().map(decode_json).collect::<Result<_, _>>()?;
        let plans = Arc::new(Plans::new(plans));
        let mut kept = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (read, _)| read.elapsed() < PLANS_KEPT);
        kept.insert(partner.fingerprint(), (Instant::now(), Arc::clone(&plans)));
        Ok(plans)
    }

    /// Returns the partner's plans: the cached ones if they satisfy `good`, otherwise those that the vendor has now.
    async fn plans(
        &self,
        session: &VendorContext<'_>,
        partner: &Partner,
        good: impl Fn(&Plans) -> bool + Send,
    ) -> Result<Arc<Plans>, ServiceError> {
        let kept = {
            let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
            plans
                .get(&partner.fingerprint())
                .filter(|(read, plans)| read.elapsed() < PLANS_KEPT && good(plans))
                .map(|(_, plans)| Arc::clone(plans))
        };
        match kept {
            Some(plans) => Ok(plans),
            None => self.fetch_plans(session, partner).await,
        }
    }
}

//! Dropsuite: email backup and archiving. An account is an organization or, for resellers, a sub-reseller; a subscription
//! is the organization's plan and seats. The table of what it offers and how sure that is: `reference/dropsuite.md`.

mod accounts;
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
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

pub use sync_options::{LOGIN_OPTION, sync_options};
pub use user_message::explain;

use self::plan::{Plan, Plans};
use self::settings::Partner;
use crate::bss::responses::{FieldCollection, ProductTypeCollection};
use crate::bss::{TextMap, requests};
use crate::config::{self, ConfigError};
use crate::domain::account::{Profile, Role};
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::http_client::{Request, HttpClient};
use crate::vendor::{OfferedPlan, Organization, VendorContext, Step, VendorError, decode_json};

/// The attribute of the definitions that counts seats.
const SEATS: &str = "seats";

/// The feature, and the add-on, that archives.
const ARCHIVING: &str = "archiving";

/// The add-on that adds seats.
const EXTRA_SEATS: &str = "extra-seats";

/// How long a partner's plans are taken to be what they were. Definitions are always made from fresh ones, and so is the
/// answer to an id that is not among those remembered.
const PLANS_KEPT: Duration = Duration::from_mins(5);

/// More plans than that no partner has.
const MAX_PLAN_PAGES: u32 = 20;

/// Where Dropsuite is, and how much is asked of it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `REGION_CODE`, told to the BSS.
    pub region: String,
    /// `DROPSUITE_BASE_URL`; by default the region's own.
    pub default_base: Url,
    /// `DROPSUITE_ALLOWED_HOSTS`, separated by commas: hosts that the `ApiUrl` setting may name. `*.` stands for one or
    /// more labels.
    pub allowed_hosts: Vec<String>,
    /// `DROPSUITE_PORTAL_URL`, for the welcome mail; by default the host of the API.
    pub portal: Option<String>,
    /// `DROPSUITE_RESELLER_PORTAL_URL`, for the welcome mail; by default the host of the API.
    pub reseller_portal: Option<String>,
    /// `DROPSUITE_SEARCH_PAGES`: pages of 100 organizations that one call looks through at most; default 40.
    pub search_pages: u32,
    /// `DROPSUITE_REQUESTS_PER_MINUTE`: what one instance asks at most; by default there is no bound.
    pub requests_per_minute: Option<NonZeroU32>,
}

/// Hosts of the API (`reference/dropsuite.md` 2).
const HOSTS: [&str; 9] = [
    "dropsuite.us",
    "dropsuite.uk",
    "dropsuite.ca",
    "dropsuite-au.com",
    "dropsuite.com",
    "*.dropsuite.com",
    "euw.dropmyemail.com",
    "euc.dropmyemail.com",
    "na-saas-npp.backup.ninjarmm.com",
];

impl Config {
    /// The defaults of a region, `euwest` or `eucentral`.
    ///
    /// # Errors
    /// Names `REGION_CODE` if it is another one: its address is not known.
    pub fn for_region(region: &str) -> Result<Self, ConfigError> {
        let base = match region {
            "euwest" => "https://euw.dropmyemail.com/api",
            "eucentral" => "https://euc.dropmyemail.com/api",
            _ => {
                return Err(ConfigError::new(
                    "REGION_CODE",
                    "must be euwest or eucentral, or DROPSUITE_BASE_URL be set",
                ));
            }
        };
        let base = Url::parse(base).map_err(|error| ConfigError::new("REGION_CODE", error.to_string()))?;
        Ok(Self::at(region, base))
    }

    /// The defaults of a region whose API is at `base`.
    pub fn at(region: &str, base: Url) -> Self {
        Self {
            region: region.to_owned(),
            default_base: base,
            allowed_hosts: HOSTS.map(str::to_owned).to_vec(),
            portal: None,
            reseller_portal: None,
            search_pages: 40,
            requests_per_minute: None,
        }
    }

    /// Reads the variables that the members name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let region = config::required("REGION_CODE")?;
        let defaults = match config::optional("DROPSUITE_BASE_URL") {
            Some(base) => {
                let base =
                    Url::parse(&base).map_err(|error| ConfigError::new("DROPSUITE_BASE_URL", error.to_string()))?;
                Self::at(&region, base)
            }
            None => Self::for_region(&region)?,
        };
        let hosts = config::optional("DROPSUITE_ALLOWED_HOSTS");
        Ok(Self {
            allowed_hosts: hosts.map_or(defaults.allowed_hosts, |hosts| {
                hosts.split(',').map(|host| host.trim().to_ascii_lowercase()).filter(|host| !host.is_empty()).collect()
            }),
            portal: config::optional("DROPSUITE_PORTAL_URL"),
            reseller_portal: config::optional("DROPSUITE_RESELLER_PORTAL_URL"),
            search_pages: config::parsed("DROPSUITE_SEARCH_PAGES", defaults.search_pages)?.max(1),
            requests_per_minute: match config::optional("DROPSUITE_REQUESTS_PER_MINUTE") {
                Some(_) => Some(config::parsed("DROPSUITE_REQUESTS_PER_MINUTE", NonZeroU32::MIN)?),
                None => None,
            },
            ..defaults
        })
    }

    /// Whether the `ApiUrl` setting may name `host`.
    fn allows(&self, host: &str) -> bool {
        self.allowed_hosts.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == allowed,
        })
    }
}

/// The vendor.
#[derive(Debug)]
pub struct Dropsuite {
    config: Config,
    sender: HttpClient,
    vocabulary: AttributeNames,
    plans: Mutex<HashMap<Fingerprint, (Instant, Arc<Plans>)>>,
}

impl Dropsuite {
    /// Dropsuite as `config` says, reached by `sender`.
    pub fn new(config: Config, sender: HttpClient) -> Self {
        let vocabulary = AttributeNames { seats: SEATS, features: vec![ARCHIVING.to_owned()], seat_addons: &[EXTRA_SEATS] };
        let sender = match config.requests_per_minute {
            Some(per_minute) => sender.with_rate_limit(per_minute),
            None => sender,
        };
        Self { config, sender, vocabulary, plans: Mutex::default() }
    }

    /// The attributes and add-ons of the definitions.
    pub fn vocabulary(&self) -> &AttributeNames {
        &self.vocabulary
    }

    /// The fields that the operator fills in.
    pub fn fields(&self) -> FieldCollection {
        settings::fields(&self.config)
    }

    /// What is wrong with filled fields.
    pub async fn validate(&self, session: &VendorContext<'_>, filled: &requests::FieldCollection) -> Vec<String> {
        settings::validate(filled, &self.config, &self.sender, session).await
    }

    /// What the partner can sell, by its own plans.
    pub async fn definitions(&self, session: &VendorContext<'_>) -> Result<ProductTypeCollection, ServiceError> {
        let partner = self.partner(session)?;
        let plans = self.fresh_plans(session, &partner).await?;
        let portal = self.config.portal.clone().unwrap_or_else(|| partner.origin());
        Ok(definitions::product_types(&plans, &portal))
    }

    /// `username`, `portal_url`, `reseller_portal_url` and `region`, for the welcome mail.
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

    /// Makes the change; the new object's id, if the answer says it.
    pub async fn perform(&self, session: &VendorContext<'_>, step: &Step) -> Result<Option<ExternalId>, VendorError> {
        let answer = self.ask(session, &step.request).await?;
        let id = answer.get("id").cloned().filter(|_| step.creates.is_some());
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        match id.map(text).and_then(|id| ExternalId::parse(&id)) {
            None if step.creates.is_some() => {
                Err(VendorError::InvalidResponse { reason: "a create answered without an id".to_owned() })
            }
            id => Ok(id),
        }
    }

    /// The MSP that the partner is, who is let in because its tokens are good for its plans.
    pub async fn msp(&self, session: &VendorContext<'_>) -> Result<MspId, ServiceError> {
        let partner = self.partner(session)?;
        self.fresh_plans(session, &partner).await?;
        Ok(partner.msp())
    }

    /// The resellers' portal: the one that is configured, else the host of the API.
    pub fn reseller_portal_of(&self, session: &VendorContext<'_>) -> Result<String, ServiceError> {
        let partner = self.partner(session)?;
        Ok(self.config.reseller_portal.clone().unwrap_or_else(|| partner.origin()))
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.config.region
    }

    /// The partner's plans of the kinds that are sold.
    pub async fn offered_plans(&self, session: &VendorContext<'_>) -> Result<Vec<OfferedPlan>, ServiceError> {
        let partner = self.partner(session)?;
        let plans = self.fresh_plans(session, &partner).await?;
        Ok(plans.iter().filter_map(Plan::offered).collect())
    }

    /// One of the partner's organizations.
    pub async fn organization(&self, session: &VendorContext<'_>, id: &ExternalId) -> Result<Option<Organization>, ServiceError> {
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

    async fn fresh_plans(&self, session: &VendorContext<'_>, partner: &Partner) -> Result<Arc<Plans>, ServiceError> {
        let mut rows = Vec::new();
        for page in 1..=MAX_PLAN_PAGES {
            // No client was seen to page through plans: only asked for if the vendor says that there are more.
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

    /// The partner's plans, as remembered if they are `good` enough.
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
            None => self.fresh_plans(session, partner).await,
        }
    }
}

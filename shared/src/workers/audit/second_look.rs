//! The second look at a difference: the organization and the agreements are read again. Only what both looks show is recorded,
//! because one answer proves neither an absence nor a value.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::app::App;
use crate::connectwise::{AdditionId, AgreementId};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::store::{AgreementLink, Finding, FoundAddition};
use crate::vendor::{Customer, VendorContext};
use crate::workers::audit::all_sides::{AllSides, is_pending, live_sale, read_sale};
use crate::workers::audit::compare;
use crate::workers::audit::finding;
use crate::workers::audit::scan::{Reader, is_of_one};
use crate::workers::audit::sides::{Context, Sale, Sides};

/// Number of organizations in a row that cannot be read again, from which on the other system is out of order.
const MAX_FAILURES: u32 = 3;

/// The second look of a run.
pub struct SecondLook<'a> {
    /// The function's clients and settings.
    pub app: &'a App,
    /// The MSP.
    pub msp: MspId,
    /// Credentials and limits of the vendor's calls.
    pub vendor: &'a VendorContext<'a>,
    /// The reader of additions.
    pub reader: Reader<'a>,
    /// The values that are the same for all organizations.
    pub context: &'a Context<'a>,
    /// The first look.
    pub sides: &'a AllSides,
    /// Agreements whose additions are known to be unreadable.
    pub unread: &'a [AgreementId],
    /// Number of organizations in a row that could not be read again.
    pub failures: AtomicU32,
}

/// Result of a second look.
#[derive(Debug)]
pub enum Look {
    /// The findings that both looks show.
    Confirmed(Vec<Finding>),
    /// The recorded findings stay, because work of ours is under way.
    Pending,
    /// The recorded findings stay, because the subject could not be read again, for this reason.
    Failed(String),
}

/// The sides of an organization, as read again.
struct Seen {
    customer: Option<Customer>,
    link: Option<AgreementLink>,
    sale: Option<Sale>,
    own: Vec<FoundAddition>,
    strays: Vec<FoundAddition>,
    inactive: Option<String>,
}

impl SecondLook<'_> {
    /// Returns those findings of an organization that both looks show. `is_first` finds those of the first look and those that
    /// are recorded: so one look does not end a finding either.
    ///
    /// # Errors
    /// The table did not answer, or several organizations in a row could not be read.
    pub async fn organization(
        &self,
        id: &ExternalId,
        is_first: impl Fn(&Finding) -> bool,
    ) -> Result<Look, ServiceError> {
        let known = self.agreements(id).into_iter().find(|agreement| self.unread.contains(agreement));
        if let Some(agreement) = known {
            return Ok(Look::Failed(unread(agreement)));
        }
        let seen = match Box::pin(self.read(id)).await {
            Ok(seen) => seen,
            Err(failure) => return self.failed(failure),
        };
        self.failures.store(0, Ordering::Relaxed);
        let link = self.sides.links.get(id);
        if seen.link.as_ref() != link {
            return Ok(Look::Pending);
        }
        if link.is_some_and(|link| is_pending(seen.sale.as_ref(), link, self.app.clock.now())) {
            return Ok(Look::Pending);
        }
        let again = Sides {
            customer: seen.customer.as_ref(),
            link,
            sale: seen.sale.as_ref(),
            own: seen.own.iter().collect(),
            strays: seen.strays.iter().collect(),
            inactive: seen.inactive.as_deref(),
        };
        Ok(Look::Confirmed(compare::organization(self.context, &again).into_iter().filter(is_first).collect()))
    }

    /// Returns the finding of a stray addition if the second look shows it as well.
    ///
    /// # Errors
    /// Several agreements in a row could not be read.
    pub async fn stray(&self, agreement: AgreementId, addition: AdditionId) -> Result<Look, ServiceError> {
        if self.unread.contains(&agreement) {
            return Ok(Look::Failed(unread(agreement)));
        }
        let found = match self.reader.read_again(agreement).await {
            Ok((found, _)) => found,
            Err(error) if is_of_one(&error) => return Ok(Look::Failed(error.to_string())),
            Err(error) => return self.failed(error.into()),
        };
        self.failures.store(0, Ordering::Relaxed);
        let again = found.iter().find(|found| found.addition == addition && found.is_open());
        Ok(Look::Confirmed(again.map(|again| finding::stray(self.context, again)).into_iter().collect()))
    }

    /// Returns an organization as its own row shows it; `None` if the vendor shows none.
    ///
    /// # Errors
    /// The vendor did not answer.
    pub async fn customer(&self, id: &ExternalId) -> Result<Option<Customer>, ServiceError> {
        Ok(self.app.vendor.customer(self.vendor, id).await?.map(|access| access.customer))
    }

    async fn read(&self, id: &ExternalId) -> Result<Seen, ServiceError> {
        let (app, first) = (self.app, self.sides.of(id));
        let customer = self.customer(id).await?;
        let object = app.vendor.identify(self.vendor, id.clone())?;
        let link = app.store.agreement_of(&object).await?.filter(|link| link.msp == self.msp && link.left_at.is_none());
        let live = match &link {
            Some(link) => live_sale(app, link).await?,
            None => None,
        };
        let sale = match (live, first.sale) {
            (None, Some(ended)) => read_sale(app, self.msp, ended.subscription.key()).await?,
            (live, _) => live,
        };
        let mut seen = Seen { customer, link, sale, own: Vec::new(), strays: Vec::new(), inactive: None };
        let linked = first.link.map(|link| link.agreement);
        for agreement in self.agreements(id) {
            let (found, inactive) = self.reader.read_again(agreement).await?;
            if linked == Some(agreement) {
                seen.inactive = inactive;
            }
            for found in found {
                let key = (found.agreement, found.addition);
                let is_among = |first: &[&FoundAddition]| first.iter().any(|one| (one.agreement, one.addition) == key);
                if is_among(&first.own) || self.is_own(&found, seen.sale.as_ref()).await? {
                    seen.own.push(found);
                } else if is_among(&first.strays) && found.is_open() {
                    seen.strays.push(found);
                }
            }
        }
        Ok(seen)
    }

    /// Returns the agreements that have or may have additions of an organization.
    fn agreements(&self, id: &ExternalId) -> BTreeSet<AgreementId> {
        let first = self.sides.of(id);
        let looked_at = first.own.iter().chain(&first.strays).map(|found| found.agreement);
        looked_at.chain(first.link.map(|link| link.agreement)).collect()
    }

    /// Returns `true` if an addition that the first look did not show belongs to the subscription.
    async fn is_own(&self, found: &FoundAddition, sale: Option<&Sale>) -> Result<bool, ServiceError> {
        let Some(sale) = sale else { return Ok(false) };
        let owner = self.app.store.owner_of(self.msp, found.agreement, found.addition).await?;
        Ok(owner == Some(sale.subscription.key()))
    }

    /// Returns the result of a look that failed.
    ///
    /// # Errors
    /// The failure itself if it does not concern one organization only.
    pub fn failed(&self, failure: ServiceError) -> Result<Look, ServiceError> {
        // Those of credentials and of ourselves concern all.
        let concerns_all = matches!(
            failure.code(),
            ErrorCode::CredentialsRefused
                | ErrorCode::ConnectWiseRefused
                | ErrorCode::ConnectWiseNotConfigured
                | ErrorCode::StoreUnavailable
                | ErrorCode::Internal
        );
        if !concerns_all && self.failures.fetch_add(1, Ordering::Relaxed) + 1 < MAX_FAILURES {
            return Ok(Look::Failed(format!("It could not be read again: {}", failure.message())));
        }
        Err(failure)
    }
}

fn unread(agreement: AgreementId) -> String {
    format!("The additions of the agreement {agreement} are not readable.")
}

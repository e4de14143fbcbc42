//! The days that former subscriptions of an account are billed, so that a new one bills none of them again.

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::connectwise::AgreementId;
use crate::connectwise::api::addition::Billing;
use crate::connectwise::date::BillingTerms;
use crate::domain::error::ServiceError;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::store::{AdditionRecord, AgreementLink, READ_CONCURRENCY, SubscriptionKey, TrackedAddition};
use crate::workers::additions::dates::{self, End};

/// A former subscription of an account with its addition, which is charged.
pub struct Former {
    record: AdditionRecord,
    tracked: TrackedAddition,
    /// The subscription, if the addition is still to be ended.
    leaving: Option<SubscriptionRecord>,
}

impl Former {
    /// Returns the agreement on whose terms the last billed day depends; `None` if the addition has ended.
    pub fn agreement(&self) -> Option<AgreementId> {
        self.leaving.as_ref().map(|_| self.tracked.agreement)
    }

    /// Returns the last billed day, `None` if it is never billed. One whose addition is still to be ended counts to the day on
    /// which it will end, by the `terms` of its agreement.
    pub fn last_billed_day(&self, link: &AgreementLink, terms: &BillingTerms, zone: &TimeZone) -> Option<Date> {
        let Some(leaving) = &self.leaving else { return self.tracked.billed_until() };
        let end = End::of_subscription(leaving, link, zone);
        let last = dates::expected_last_day(&self.tracked, self.record.pending_end.as_ref(), &end, terms);
        last.map(|last| dates::charged_until(last, terms)).max(self.tracked.charged_until)
    }
}

/// Returns the former subscriptions of a linked account, without `own`.
///
/// # Errors
/// The table did not answer.
pub async fn all(app: &App, link: &AgreementLink, own: &SubscriptionKey) -> Result<Vec<Former>, ServiceError> {
    let keys = app.store.billed_subscriptions(link.msp, &link.account).await?;
    let reads: Vec<_> = keys.into_iter().filter(|key| key != own).map(|key| one(app, link, key).boxed()).collect();
    let formers: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
    Ok(formers.into_iter().flatten().collect())
}

async fn one(app: &App, link: &AgreementLink, key: SubscriptionKey) -> Result<Option<Former>, ServiceError> {
    let Some(record) = app.store.addition(&key).await?.filter(|record| record.msp == link.msp) else { return Ok(None) };
    // What charged nothing is not billed again.
    let Some(tracked) = record.tracked.clone().filter(|tracked| tracked.billing != Billing::NoCharge) else {
        return Ok(None);
    };
    if tracked.ended {
        return Ok(Some(Former { record, tracked, leaving: None }));
    }
    let subscription = app.store.subscription(&key).await?;
    let leaving = subscription.filter(|of| of.state == SubscriptionState::Cancelled);
    Ok(leaving.map(|leaving| Former { record, tracked, leaving: Some(leaving) }))
}

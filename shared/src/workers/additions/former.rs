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
use crate::domain::subscription_record::SubscriptionState;
use crate::store::{AgreementLink, READ_CONCURRENCY, SubscriptionKey};
use crate::workers::additions::dates::{self, End};

/// Returns the last day that other subscriptions of a linked account than `own` are billed; `None` if they are not. One whose
/// addition is still to be ended counts to the day on which it will end; `agreement` is the link's, with its terms.
///
/// # Errors
/// The table did not answer.
pub async fn last_billed_day(
    app: &App,
    link: &AgreementLink,
    own: &SubscriptionKey,
    agreement: (AgreementId, &BillingTerms),
    zone: &TimeZone,
) -> Result<Option<Date>, ServiceError> {
    let keys = app.store.billed_subscriptions(link.msp, &link.account).await?;
    let reads = keys.into_iter().filter(|key| key != own);
    let reads: Vec<_> = reads.map(|key| of_one(app, link, key, agreement, zone).boxed()).collect();
    let days: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
    Ok(days.into_iter().flatten().max())
}

async fn of_one(
    app: &App,
    link: &AgreementLink,
    key: SubscriptionKey,
    (agreement, terms): (AgreementId, &BillingTerms),
    zone: &TimeZone,
) -> Result<Option<Date>, ServiceError> {
    let Some(record) = app.store.addition(&key).await?.filter(|record| record.msp == link.msp) else { return Ok(None) };
    // What charged nothing is not billed again.
    let Some(tracked) = record.tracked.as_ref().filter(|tracked| tracked.billing != Billing::NoCharge) else {
        return Ok(None);
    };
    if tracked.ended {
        return Ok(tracked.last_billed_day);
    }
    let terms = if tracked.agreement == agreement { *terms } else { BillingTerms::default() };
    let subscription = app.store.subscription(&key).await?;
    let Some(ended) = subscription.filter(|of| of.state == SubscriptionState::Cancelled) else { return Ok(None) };
    let end = End::of_subscription(&ended, link, zone);
    Ok(dates::expected_last_day(tracked, record.pending_end.as_ref(), &end, &terms))
}

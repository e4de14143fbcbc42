//! The outlook on the invoices of a linked subscription, for the answer of a sale or of a link.

use jiff::civil::Date;

use crate::connectwise::api::addition::Billing;
use crate::connectwise::date::{self, BillingTerms};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::billing_check::BillingTarget;
use crate::endpoints::portal::{PortalRequest, billing_words};
use crate::store::{AdditionRecord, AgreementLink, SubscriptionKey};
use crate::workers::additions::dates::{self, End, Start};
use crate::workers::additions::desired::DesiredAddition;
use crate::workers::additions::former;

/// The outlook on the invoices of a subscription.
pub struct Outlook {
    /// In words.
    pub words: String,
    /// Text about the delay, if the agreement delays it.
    pub delay_note: Option<String>,
}

/// Returns what will be invoiced of a subscription, by its addition as ConnectWise has it, else as it will be created.
///
/// # Errors
/// The table did not answer.
pub async fn of_subscription(
    portal: &PortalRequest<'_>,
    link: &AgreementLink,
    key: &SubscriptionKey,
    target: &BillingTarget,
) -> Result<Outlook, ServiceError> {
    let store = &portal.call.app.store;
    let subscription = store.subscription(key).await?;
    let desired = subscription.as_ref().and_then(|subscription| DesiredAddition::of(subscription, Some(link)));
    let (Some(subscription), Some(DesiredAddition::Active(active))) = (subscription, desired) else {
        return Ok(Outlook { words: billing_words::NOTHING_YET.to_owned(), delay_note: None });
    };
    if active.billing == Billing::NoCharge {
        return Ok(Outlook { words: billing_words::TRIAL.to_owned(), delay_note: None });
    }
    let record = store.addition(key).await?.filter(|record| record.msp == link.msp);
    let open = record.as_ref().and_then(|record| record.tracked.as_ref()).filter(|tracked| !tracked.ended);
    let terms = target.terms();
    let today = date::business_day(portal.now(), &target.zone);
    if let Some(tracked) = open.filter(|open| open.agreement == link.agreement && open.billing == Billing::Billable) {
        let delayed = tracked.delayed_since.zip(tracked.effective_date);
        return Ok(Outlook {
            words: with_part(
                &billing_words::of_open(tracked, Some(active.quantity), today),
                tracked.effective_date,
                target,
            ),
            delay_note: delayed.and_then(|(requested, first)| dates::delay_note(requested, first)),
        });
    }
    let converts = open.is_some_and(|open| open.agreement == link.agreement);
    let sale = if converts { Start::of_conversion(&subscription, link) } else { Start::of_sale(&subscription, link) };
    // A month that may be charged in full is not foretold without the terms.
    let known = terms.unwrap_or(BillingTerms { prorated: true, ..BillingTerms::default() });
    let formers = former::all(portal.call.app, link, key).await?;
    // The terms of another agreement are not known here.
    let is_elsewhere = formers.iter().filter_map(former::Former::agreement).any(|other| other != link.agreement);
    let last_of = |former: &former::Former| {
        let terms = if former.agreement() == Some(link.agreement) {
            known
        } else {
            BillingTerms { next_invoice: None, ..known }
        };
        former.last_billed_day(link, &terms, &target.zone)
    };
    let other = formers.iter().filter_map(last_of).max();
    let own = record.as_ref().filter(|_| !converts).and_then(|record| last_day_of_own(record, &sale, target, &known));
    let requested = sale.requested_day(&target.zone, own.max(other));
    let charged = record.as_ref().and_then(|record| record.tracked.as_ref()).and_then(|own| own.charged_until);
    let continues = open.is_some_and(|open| open.billing == Billing::Billable) && !converts;
    let first = if continues {
        dates::first_day_of_successor(requested, &known, &known)
    } else {
        dates::first_day(requested, charged.max(other), &known)
    };
    let is_moved = is_elsewhere || (open.is_some() && !converts);
    let words = billing_words::foretold(active.quantity, first, terms.is_some() && !is_moved);
    // An addition that is moved is billed until then.
    let delay_note = if open.is_some() || terms.is_none() { None } else { dates::delay_note(requested, first) };
    Ok(Outlook { words: with_part(&words, Some(first), target), delay_note })
}

/// Returns the last billed day of the subscription's own former addition, or of the one that the link's new agreement replaces.
fn last_day_of_own(
    record: &AdditionRecord,
    start: &Start,
    target: &BillingTarget,
    terms: &BillingTerms,
) -> Option<Date> {
    let tracked = record.tracked.as_ref()?;
    if tracked.ended {
        return tracked.billed_until();
    }
    let end = End::of_move(start, &target.zone);
    // When the other agreement is invoiced is not known here.
    let terms = BillingTerms { prorated: terms.prorated, ..BillingTerms::default() };
    dates::expected_last_day(tracked, record.pending_end.as_ref(), &end, &terms).max(tracked.charged_until)
}

fn with_part(words: &str, first: Option<Date>, target: &BillingTarget) -> String {
    let part = first.zip(target.terms()).and_then(|(first, terms)| billing_words::of_part(first, &terms));
    [Some(words), part].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

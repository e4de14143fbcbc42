//! Seats that follow the use: counts the vendor's billable seats of an organization whose link bills them.

use crate::domain::error::ServiceError;
use crate::domain::requester::Requester;
use crate::store::{AgreementLink, HistoryEntry, NewHistoryEntry, UsedSeats};
use crate::vendor::{Customer, CustomerState};
use crate::workers::audit::compare::billable;
use crate::workers::audit::second_look::{Look, SecondLook};

/// Records the billable seats of `customer` if they changed and a second look shows the same number. The stream then changes
/// the addition. Returns the result for the organization, which is not compared then; `None` if the seats are the same.
///
/// # Errors
/// The table did not answer, or several organizations in a row could not be read.
pub async fn count(
    look: &SecondLook<'_>,
    link: &AgreementLink,
    customer: &Customer,
) -> Result<Option<Look>, ServiceError> {
    let counts = customer.state != CustomerState::Unsubscribed && customer.by_seats() == Some(true);
    let Some(used) = link.used_seats.as_ref().filter(|_| counts) else { return Ok(None) };
    let Some(count) = billable(customer).filter(|count| used.counted != Some(*count)) else { return Ok(None) };
    let sold = look.sides.sales.get(&link.account).and_then(|sale| sale.subscription.billed.as_ref());
    let Some(sold) = sold else { return Ok(None) };
    let again = match look.customer(&customer.id).await {
        Ok(again) => again,
        Err(failure) => return look.failed(failure).map(Some),
    };
    if again.as_ref().and_then(billable) != Some(count) {
        return Ok(Some(Look::Failed("Dropsuite tells two numbers of seats that it bills.".to_owned())));
    }
    let after = AgreementLink { used_seats: Some(UsedSeats { counted: Some(count), ..used.clone() }), ..link.clone() };
    let entry = HistoryEntry {
        organization: Some(customer.id.clone()),
        company: Some(link.company),
        from: Some(link.billed_seats(sold.quantity).to_string()),
        to: Some(after.billed_seats(sold.quantity).to_string()),
        reason: Some(reason(used, count)),
        ..HistoryEntry::new(look.app.clock.now(), Requester::audit("audit/seats"))
    };
    let entry = NewHistoryEntry { msp: look.msp, entry, id: customer.id.to_string() };
    if look.app.store.save_counted_seats(link, count, &entry).await? {
        metrics::counter!("AuditSeatsChanged").increment(1);
    }
    Ok(Some(Look::Pending))
}

fn reason(used: &UsedSeats, count: u32) -> String {
    let bound = used.within_bounds(count);
    let limited = if bound == count { String::new() } else { format!(", within the link's bounds {bound}") };
    format!("Dropsuite bills {count} seats{limited}.")
}

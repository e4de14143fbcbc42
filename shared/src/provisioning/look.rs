//! The result of a look at a subscription at the vendor, before the end of its term or trial, and how it is recorded.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::AccountRecord;

/// Result of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// There was nothing to say.
    Nothing,
    /// A notice was made.
    Noticed,
    /// The vendor does not show the subscription as live and paid, or as a live trial.
    NotLive,
    /// The subscription ended.
    Ended,
    /// A trial became paid.
    Converted,
}

/// Writes what a look saw. Returns `false` if a call works on the account or has changed it. A write whose answer was lost is
/// read back.
///
/// # Errors
/// A failure of the table.
pub(super) async fn write(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    checked: &SubscriptionRecord,
) -> Result<bool, ServiceError> {
    match Box::pin(call.app.store.write_if_unchanged(account, checked)).await {
        Ok(written) => Ok(written),
        Err(_) if call.app.store.subscription(&checked.key()).await?.as_ref() == Some(checked) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

//! The result of a look at a subscription at the vendor, before the end of its term or trial, how it is recorded, and
//! the settings with which it is made.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::AccountRecord;

/// Result of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// `true` if a notice was made.
    pub noticed: bool,
    /// The finding, or the change.
    pub outcome: LookOutcome,
}

/// The part of a look's result that is not its notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookOutcome {
    /// There was nothing to do.
    Nothing,
    /// Nothing can be done before a person acts: the vendor does not show the subscription as live and paid, or as a live trial, or
    /// the order at the end of a trial was refused.
    NotLive,
    /// The look ended the subscription.
    Ended,
    /// The look made a trial paid.
    Converted,
}

impl From<LookOutcome> for Look {
    fn from(outcome: LookOutcome) -> Self {
        Self { noticed: false, outcome }
    }
}

/// Loads the partner's settings that are stored under `id` into the call, and records the partner.
///
/// # Errors
/// `id` is `None`; the settings are not stored or cannot be decrypted; a failure of the table or the key.
pub(super) async fn load_settings(call: &mut RequestContext<'_>, id: Option<&Fingerprint>) -> Result<(), ServiceError> {
    let id = id.ok_or_else(|| ServiceError::internal("the partner's settings were not stored with the last order"))?;
    let (app, application) = (call.app, call.application);
    call.settings = app.partner_credentials.load(&app.store, application, id).await?;
    call.ids.record_partner(&app.vendor, &call.vendor_context());
    Ok(())
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

//! The proof that two reseller tokens are one partner's.
//!
//! The old token may not be valid any more, so it is proved by the sign-in that is stored, encrypted: the vendor accepted it then.
//! The new one must be accepted now. It must show organizations that the old one had, in two readings of the partner's whole
//! list: one answer proves nothing.

use std::collections::BTreeSet;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::list_position::ListPosition;
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;
use crate::store::{AccountKey, EnrolledMsp};
use crate::vendor::{Extent, Vendor, VendorContext};
use crate::workers::tokens::report::{Organizations, Report};
use crate::workers::tokens::run::Run;

/// Maximum number of organizations that one reading requests by id, because the list lacks them. The list has all but those of
/// sub-resellers.
const MAX_BY_ID: usize = 200;

/// Number of organizations that are requested by id at once.
const CONCURRENCY: usize = 8;

/// Adds to the report what speaks against the replacement. `context` has the settings of the sign-in with the new token,
/// `enrolled` is the MSP's own last sign-in.
///
/// # Errors
/// The table, the key or the vendor did not answer.
pub(super) async fn check(
    run: &Run<'_>,
    context: &VendorContext<'_>,
    enrolled: Option<&EnrolledMsp>,
    report: &mut Report,
) -> Result<(), ServiceError> {
    if let Some(enrolled) = enrolled {
        if signed_in_with(run, enrolled).await? != report.in_force {
            report.refuse("The MSP's last sign-in was not with the token in force. Report it as a defect.");
        }
    } else if run.event.accounts.is_empty() {
        report.refuse(
            "The partner of the old token never signed in to the portal. Name some of its accounts: \"accounts\": [\"APPLICATION_ID/ACCOUNT_ID\"].",
        );
    }
    match run.app.vendor.msp(context).await {
        Ok(proved) if proved == run.event.new => {}
        Ok(_) => report.refuse("The stored sign-in is not that of the new token. Report it as a defect."),
        Err(failure) if failure.code() == ErrorCode::CredentialsRefused => {
            report.refuse(format!("The new token is not accepted: {}", failure.message()));
        }
        Err(failure) => return Err(failure),
    }
    let known = known_organizations(run, report).await?;
    if report.reasons.is_empty() { compare(run, context, &known, report).await } else { Ok(()) }
}

/// Returns the id of the reseller token of a sign-in.
async fn signed_in_with(run: &Run<'_>, enrolled: &EnrolledMsp) -> Result<MspId, ServiceError> {
    let Run { app, deadline, outbound_calls, .. } = *run;
    let application = enrolled.msp.as_application_id();
    let settings = app.partner_credentials.load(&app.store, application, &enrolled.credentials_id).await?;
    app.vendor.claimed_msp(&VendorContext { settings: &settings, deadline, outbound_calls })
}

/// Returns the organizations that the vendor showed to the partner of the old token: those of its links, and those of the
/// accounts that the operator names.
async fn known_organizations(run: &Run<'_>, report: &mut Report) -> Result<BTreeSet<String>, ServiceError> {
    let store = &run.app.store;
    let links = store.agreements(report.msp).await?;
    let mut known: BTreeSet<_> =
        links.iter().filter_map(|link| link.organization.as_ref()).map(VendorId::to_string).collect();
    for named in &run.event.accounts {
        let record = match AccountKey::from_reference(named) {
            Some(key) => store.account(&key).await?,
            None => None,
        };
        let Some(record) = record else {
            report.refuse(format!("The account {named} is not recorded. Name accounts as APPLICATION_ID/ACCOUNT_ID."));
            continue;
        };
        let shown_to = record.shown_to.as_ref().and_then(|partner| partner.as_str().parse::<MspId>().ok());
        let partner = match shown_to {
            Some(shown_to) => Some(store.msp_of_token(shown_to).await?),
            None => None,
        };
        match record.vendor_id().filter(|_| partner == Some(report.msp)) {
            Some(organization) => {
                known.insert(organization.to_string());
            }
            None => report.refuse(format!("The account {named} was not shown to the partner of the old token.")),
        }
    }
    Ok(known)
}

/// Compares the organizations that were shown to the old token with those that the new one shows.
async fn compare(
    run: &Run<'_>,
    context: &VendorContext<'_>,
    known: &BTreeSet<String>,
    report: &mut Report,
) -> Result<(), ServiceError> {
    let vendor = &run.app.vendor;
    let at_host: BTreeSet<ExternalId> = known.iter().filter_map(|text| id_at_host(vendor, context, text)).collect();
    let first = look(run, context, &at_host).await?;
    let Shown { all: shown, own } = look(run, context, &first.all).await?;
    let is_shown = |text: &&String| id_at_host(vendor, context, text).is_some_and(|id| shown.contains(&id));
    let (shown, not_shown): (Vec<_>, Vec<_>) = known.iter().partition(is_shown);
    let organizations = Organizations::new(shown.len(), &not_shown);
    let missing = organizations.not_shown;
    report.organizations = Some(organizations);
    if first.own == 0 || own == 0 {
        report.refuse(
            "The new token shows none of the organizations that the old one had as its own, so nothing proves that both are the same partner's.",
        );
    } else if missing != run.event.not_shown {
        report.refuse(format!(
            "The new token does not show {missing} organizations of the partner. If that is right, send \"notShown\": {missing}. Their links stay as they are."
        ));
    }
    Ok(())
}

/// Returns the vendor's id of an organization at the host of the settings. An id of another host is another organization's.
fn id_at_host(vendor: &Vendor, context: &VendorContext<'_>, text: &str) -> Option<ExternalId> {
    let organization = VendorId::parse(text)?;
    let own = vendor.identify(context, organization.id.clone()).ok()?;
    (own == organization).then_some(organization.id)
}

/// The organizations that the vendor shows in one reading.
struct Shown {
    all: BTreeSet<ExternalId>,
    /// Number of those that carry the token itself. The tokens of a partner show the organizations of its sub-resellers too, but not
    /// as its own.
    own: usize,
}

/// Returns those of `wanted` that the vendor shows in one reading.
async fn look(
    run: &Run<'_>,
    context: &VendorContext<'_>,
    wanted: &BTreeSet<ExternalId>,
) -> Result<Shown, ServiceError> {
    let vendor = &run.app.vendor;
    let (mut shown, mut from) = (BTreeSet::new(), ListPosition::START);
    loop {
        let list = vendor.customers(context, from, Extent::Search).await?;
        shown.extend(list.customers.into_iter().map(|customer| customer.id).filter(|id| wanted.contains(id)));
        match list.next {
            Some(_) if run.deadline.remaining_for_calls().is_zero() => {
                return Err(ServiceError::new(
                    ErrorCode::VendorUnavailable,
                    "The vendor did not list the organizations in time. Nothing was changed. Run it again.",
                ));
            }
            Some(next) => from = next,
            None => break,
        }
    }
    let own = shown.len();
    let unlisted: Vec<_> = wanted.difference(&shown).take(MAX_BY_ID).cloned().collect();
    let reads = unlisted.into_iter().map(|id| {
        async move {
            let organization = vendor.organization(context, &id).await?;
            Ok::<_, ServiceError>(organization.map(|_| id))
        }
        .boxed()
    });
    let reads: Vec<_> = reads.collect();
    let found: Vec<Option<ExternalId>> = stream::iter(reads).buffered(CONCURRENCY).try_collect().await?;
    shown.extend(found.into_iter().flatten());
    Ok(Shown { all: shown, own })
}

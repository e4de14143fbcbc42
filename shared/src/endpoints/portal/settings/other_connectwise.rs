//! A change of site or company: the same ConnectWise at another address, or another one.
//!
//! Plans, links and additions name records of ConnectWise by their numbers, which are valid in one ConnectWise only. A
//! ConnectWise that was moved or renamed keeps them, which its records prove. Another ConnectWise can be entered while
//! nothing but plans belongs to the one in force; the plans are then offered anew there. After the first sale it can't: the
//! accounts of the portal have the numbers of companies, and another company has the same number elsewhere.
//!
//! The settings name the plans that are to be deleted until they are, so the next request deletes what a request that was cut
//! off left.

use crate::connectwise::Client;
use crate::connectwise::api::{addition, agreement, catalog};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::plans::Plan;
use crate::endpoints::portal::{FieldErrors, PortalRequest, ensure_written};
use crate::store::{AdditionRecord, AgreementLink, MspRecord, PlanRecord, SnoozeScope, TrackedAddition};
use crate::workers::tickets::hold::MAX_SNOOZES;

/// Member with the site.
pub(super) const SITE: &str = "siteUrl";

/// Member with the company.
pub(super) const COMPANY: &str = "companyIdentifier";

/// Largest number of plans, of links and of additions that are looked up each.
const MAX_LOOKUPS: usize = 5;

/// The ConnectWise that a connection leads to, compared with the one in force.
pub(super) enum Destination {
    /// The one in force, possibly moved or renamed. Everything that is recorded stays valid.
    Same,
    /// Another one. Only these plans belong to the one in force.
    Other(Vec<PlanRecord>),
}

/// Compares the ConnectWise of `client`, which has this site and company, with the one in force. Site and company must both
/// match, because companies of different sites can have the same identifier.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if it is another one, and links,
/// additions, tickets, ticket fields, snoozes of companies or a digest belong to the one in force; the errors of ConnectWise.
pub(super) async fn compare(
    portal: &PortalRequest<'_>,
    client: &Client<'_>,
    site: &str,
    company: &str,
) -> Result<Destination, ServiceError> {
    let store = &portal.call.app.store;
    let Some(current) = store.msp(portal.msp).await?.map(|record| record.connection) else {
        return Ok(Destination::Same);
    };
    let same_company = current.company.eq_ignore_ascii_case(company);
    if same_company && current.site == site {
        return Ok(Destination::Same);
    }
    let (plans, links) = (store.plans(portal.msp).await?, store.agreements(portal.msp).await?);
    let additions = store.additions(portal.msp).await?;
    let Some(missing) = missing_record(portal, client, &plans, &links, &additions).await? else {
        return Ok(Destination::Same);
    };
    let (tickets, _) = store.tickets(portal.msp, None, 1).await?;
    let in_use = !additions.is_empty() || !tickets.is_empty();
    let of_companies = of_companies(portal, !links.is_empty()).await?;
    if of_companies.is_empty() && !in_use {
        return Ok(Destination::Other(plans));
    }
    let remedy = if in_use {
        "Another ConnectWise needs a new reseller token, since additions and tickets were made in this one: ask your distributor."
            .to_owned()
    } else {
        format!("To begin again in another ConnectWise, first delete {}.", of_companies.join(", and "))
    };
    let field = if same_company { SITE } else { COMPANY };
    Err(FieldErrors::single(
        field,
        format!(
            "Your settings belong to the company {} at {}, and {missing}. If your ConnectWise was moved or renamed, enter the address that has its records. {remedy}",
            current.company, current.site
        ),
    ))
}

/// Deletes the plans of the former ConnectWise that the settings name, each with its entry. None of them is left after it.
/// Returns the settings after it; `None` if none were saved.
///
/// # Errors
/// [`ErrorCode::InProgress`](crate::domain::error_code::ErrorCode::InProgress) if another request changes a plan or the
/// settings meanwhile.
pub(super) async fn delete_former_plans(portal: &PortalRequest<'_>) -> Result<Option<MspRecord>, ServiceError> {
    let (store, msp) = (&portal.call.app.store, portal.msp);
    let Some(settings) = store.msp(msp).await? else { return Ok(None) };
    if settings.former_plans.is_empty() {
        return Ok(Some(settings));
    }
    let region = portal.call.app.vendor.region_of(&portal.call.vendor_context())?;
    for former in &settings.former_plans {
        // A plan with another item was offered anew meanwhile.
        let plan = store.plan(msp, &former.plan).await?.filter(|plan| plan.catalog_item == former.catalog_item);
        let Some(plan) = plan else { continue };
        let entry = portal.change(format!("plan {}", plan.plan), Some(&Plan::of(plan.clone(), &region)), None);
        ensure_written(store.delete_plan(msp, &plan, entry.as_ref()).await?)?;
    }
    ensure_written(store.forget_former_plans(msp, &settings).await?)?;
    Ok(Some(MspRecord { former_plans: Vec::new(), ..settings }))
}

/// Returns what names companies by their numbers, and where each is deleted.
async fn of_companies(portal: &PortalRequest<'_>, has_links: bool) -> Result<Vec<&'static str>, ServiceError> {
    let (store, msp, now) = (&portal.call.app.store, portal.msp, portal.now());
    let has_fields = !store.companies_with_ticket_fields(msp, None, 1).await?.is_empty();
    let snoozes = store.snoozes(msp, None, MAX_SNOOZES).await?;
    let has_snoozes =
        snoozes.iter().any(|snooze| snooze.is_active(now) && matches!(snooze.scope, SnoozeScope::Company(_)));
    let has_digest = store.ticket_rules(msp).await?.digest.is_some();
    let all = [
        (has_links, "all links at portal/links/delete"),
        (has_fields, "the ticket fields of all companies at portal/ticketfields/delete"),
        (has_snoozes, "the snoozes of all companies at portal/snoozes/delete"),
        (has_digest, "the digest at portal/ticketrules/save"),
    ];
    Ok(all.into_iter().filter_map(|(exists, name)| exists.then_some(name)).collect())
}

/// Returns why the ConnectWise is not the one in force: the first record of the looked-up ones that it lacks. The
/// identifiers of the plans' products are ours, so without plans nothing proves that it is.
async fn missing_record(
    portal: &PortalRequest<'_>,
    client: &Client<'_>,
    plans: &[PlanRecord],
    links: &[AgreementLink],
    additions: &[AdditionRecord],
) -> Result<Option<String>, ServiceError> {
    if plans.is_empty() {
        return Ok(Some("no product of a plan shows that this is the same ConnectWise".to_owned()));
    }
    let region = portal.call.app.vendor.region_of(&portal.call.vendor_context())?;
    for plan in plans.iter().take(MAX_LOOKUPS) {
        let identifier = catalog::identifier(&region, &plan.plan);
        let item = client.send_optional(&catalog::get(plan.catalog_item)).await?;
        if item.is_none_or(|item| !item.identifier.trim().eq_ignore_ascii_case(&identifier)) {
            return Ok(Some(format!(
                "the one entered has no product {identifier} of the number {}",
                plan.catalog_item
            )));
        }
    }
    for link in links.iter().take(MAX_LOOKUPS) {
        let agreement = client.send_optional(&agreement::get(link.agreement)).await?;
        if agreement.and_then(|agreement| agreement.company).is_none_or(|company| company.id != link.company) {
            return Ok(Some(format!(
                "the one entered has no agreement {} of the company {}",
                link.agreement, link.company
            )));
        }
    }
    let tracked = additions.iter().filter_map(|record| record.tracked.as_ref()).filter(|addition| !addition.ended);
    for TrackedAddition { agreement, addition, .. } in tracked.take(MAX_LOOKUPS) {
        if client.send_optional(&addition::get(*agreement, *addition)).await?.is_none() {
            return Ok(Some(format!("the one entered has no addition {addition} of the agreement {agreement}")));
        }
    }
    Ok(None)
}

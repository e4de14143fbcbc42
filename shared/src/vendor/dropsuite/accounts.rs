//! Accounts: organizations for customers, sub-resellers for resellers.

use std::time::Duration;

use serde_json::Value;

use super::list::ListRead;
use super::organization::{self, Row};
use super::settings::Partner;
use super::{Dropsuite, contract};
use crate::domain::account::{Candidate, Role};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::list_position::ListPosition;
use crate::vendor::{
    AccountPresence, AccountTarget, NextStep, Progress, SearchCriteria, SearchPage, VendorContext, VendorError,
    decode_json, other_channel_error,
};

/// Time that a search leaves for recording its position.
const POSITION_RESERVE: Duration = Duration::from_secs(2);

impl Dropsuite {
    /// Returns the organization or sub-reseller with that id; `None` if it does not exist.
    pub async fn get_account(
        &self,
        context: &VendorContext<'_>,
        role: Role,
        id: &ExternalId,
    ) -> Result<Option<AccountPresence>, ServiceError> {
        let partner = self.partner(context)?;
        let row = self.get_row(context, &partner, role, id).await?;
        Ok(row.map(|row| AccountPresence {
            id: id.clone(),
            unusable_reason: row.unusable_reason(),
            reference: row.external_id,
        }))
    }

    /// Returns the next change that brings the account to the desired state; its id once it has converged.
    pub async fn next_for_account(
        &self,
        context: &VendorContext<'_>,
        target: &AccountTarget<'_>,
        progress: &Progress,
    ) -> Result<NextStep<ExternalId>, ServiceError> {
        let partner = self.partner(context)?;
        let Some(id) = target.id else {
            return Ok(NextStep::step(match target.role {
                Role::Reseller => organization::create_reseller(&partner, target.profile, target.reference),
                Role::User => {
                    let plans = self.plans(context, &partner, |plans| plans.default_plan().is_ok()).await?;
                    let plan = plans.default_plan()?;
                    organization::create_organization(&partner, target.profile, plan, target.reference, target.parent)
                }
            }));
        };
        let Some(row) = self.get_own_row(context, &partner, target.role, id, target.reference).await? else {
            return Err(missing_error(id));
        };
        let update = organization::update(&partner, target.role, id.as_str(), target.profile);
        // Of a linked organization only the row is known, and it shows neither contact nor country.
        if target.profile_in_sync.unwrap_or_else(|| row.matches(target.profile)) {
            return Ok(NextStep::Converged(id.clone()));
        }
        // A row often shows the reseller's address instead of the owner's, so the name alone must confirm the change.
        if progress.has(update.name) && row.name() == target.profile.name {
            return Ok(NextStep::Converged(id.clone()));
        }
        Ok(NextStep::step(update))
    }

    /// Returns the next change that ends the billing of an organization. A sub-reseller is not billed, and no request ends
    /// one.
    pub async fn next_for_removal(
        &self,
        context: &VendorContext<'_>,
        role: Role,
        id: &ExternalId,
        reference: &str,
    ) -> Result<NextStep<()>, ServiceError> {
        let partner = self.partner(context)?;
        match role {
            Role::Reseller => Ok(NextStep::Converged(())),
            Role::User => Ok(match self.get_own_row(context, &partner, role, id, reference).await? {
                Some(row) if !row.customer_deactivated => {
                    NextStep::step(organization::lifecycle_step(&partner, &contract::UNSUBSCRIBE, id.as_str()))
                }
                Some(_) => NextStep::Converged(()),
                None => return Err(missing_error(id)),
            }),
        }
    }

    /// Searches the partner's organizations or sub-resellers from a position on. Reads at most
    /// [`Config::search_pages`](super::Config::search_pages) pages, and fewer if the deadline is near.
    pub async fn search(
        &self,
        context: &VendorContext<'_>,
        criteria: &SearchCriteria<'_>,
        from: ListPosition,
    ) -> Result<SearchPage, ServiceError> {
        let partner = self.partner(context)?;
        let operation = match criteria.role {
            Role::User => &contract::ORGANIZATIONS,
            Role::Reseller => &contract::RESELLERS,
        };
        let mut result = SearchPage::default();
        let list = partner.call(operation, None);
        let read = ListRead { list, from, limit: self.config.search_pages, reserve: POSITION_RESERVE };
        let take = |_, rows: Vec<Value>| {
            for row in rows {
                result.candidates.extend(candidate(&decode_json(row)?, criteria)?);
            }
            Ok(())
        };
        result.next = self.read_list(context, read, take).await?;
        Ok(result)
    }

    /// Returns a row that this channel may change.
    ///
    /// # Errors
    /// [`ErrorCode::ExternalIdTaken`] if another channel than that of `reference` created the object.
    pub(super) async fn get_own_row(
        &self,
        context: &VendorContext<'_>,
        partner: &Partner,
        role: Role,
        id: &ExternalId,
        reference: &str,
    ) -> Result<Option<Row>, ServiceError> {
        let row = self.get_row(context, partner, role, id).await?;
        match row {
            Some(row) if row.is_of_another_channel(reference) => Err(other_channel_error(id)),
            row => Ok(row),
        }
    }

    pub(super) async fn get_row(
        &self,
        context: &VendorContext<'_>,
        partner: &Partner,
        role: Role,
        id: &ExternalId,
    ) -> Result<Option<Row>, ServiceError> {
        let operation = match role {
            Role::User => &contract::ORGANIZATION,
            Role::Reseller => &contract::RESELLER,
        };
        match self.send(context, &partner.call(operation, Some(id.as_str()))).await.and_then(decode_json::<Row>) {
            Ok(row) if row.id == id.as_str() => Ok(Some(row)),
            Ok(row) => {
                let reason = format!("the row of {id} has the id {:?}", row.id);
                Err(VendorError::InvalidResponse { reason }.into())
            }
            Err(VendorError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns the row as a candidate if it may match.
fn candidate(row: &Row, criteria: &SearchCriteria<'_>) -> Result<Option<Candidate>, VendorError> {
    let invalid = || VendorError::InvalidResponse { reason: format!("{:?} is not an id", row.id) };
    let candidate = Candidate {
        id: ExternalId::parse(&row.id).ok_or_else(invalid)?,
        reference: row.external_id == criteria.reference,
        email: criteria.email.is_some_and(|email| email.is(&row.email)),
        name: !criteria.name.is_empty() && row.name() == criteria.name,
        other_channel: row.is_of_another_channel(criteria.reference),
    };
    let denied = criteria.denied == Some(&candidate.id);
    Ok((candidate.reference || candidate.email || denied).then_some(candidate))
}

pub(super) fn missing_error(id: &ExternalId) -> ServiceError {
    ServiceError::new(
        ErrorCode::MissingAtVendor,
        format!(
            "Dropsuite does not show the organization {id}. Nothing was changed. Check that the tokens are those of the partner that has the organization, then retry. If it was deleted at Dropsuite, cancel a live subscription, then create the organization again: with Save & Synchronize in the BSS, or with organizations/create in the portal."
        ),
    )
}

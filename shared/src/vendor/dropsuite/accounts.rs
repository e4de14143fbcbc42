//! Accounts: organizations for customers, sub-resellers for resellers.

use std::time::Duration;

use super::decode::{self, More};
use super::organization::{self, Row};
use super::settings::Partner;
use super::{Dropsuite, contract};
use crate::domain::account::Candidate;
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::vendor::{AccountTarget, NextStep, AccountPresence, Progress, SearchPage, VendorContext, VendorError, SearchCriteria, decode_json};

/// A search stops while there is still time to remember how far it came.
const TIME_TO_REMEMBER: Duration = Duration::from_secs(2);

impl Dropsuite {
    /// The organization or sub-reseller of that id, if it is there.
    pub async fn look(&self, session: &VendorContext<'_>, role: Role, id: &ExternalId) -> Result<Option<AccountPresence>, ServiceError> {
        let partner = self.partner(session)?;
        let row = self.row(session, &partner, role, id).await?;
        Ok(row.map(|row| AccountPresence { id: id.clone(), unusable_reason: row.invalid() }))
    }

    /// What to do next so that the account is as wished.
    pub async fn next_for_account(
        &self,
        session: &VendorContext<'_>,
        goal: &AccountTarget<'_>,
        progress: &Progress,
    ) -> Result<NextStep<ExternalId>, ServiceError> {
        let partner = self.partner(session)?;
        let Some(id) = goal.id else {
            return Ok(NextStep::step(match goal.role {
                Role::Reseller => organization::create_reseller(&partner, goal.profile, goal.reference),
                Role::User => {
                    let plans = self.plans(session, &partner, |plans| plans.to_start_with().is_ok()).await?;
                    let plan = plans.to_start_with()?;
                    organization::create_organization(&partner, goal.profile, plan, goal.reference, goal.parent)
                }
            }));
        };
        let Some(row) = self.row(session, &partner, goal.role, id).await? else {
            return Err(gone(id));
        };
        let update = organization::update(&partner, goal.role, id.as_str(), goal.profile);
        // What a row shows is all that is known of one that was linked; contact and country it does not show.
        if goal.profile_in_sync.unwrap_or_else(|| row.shows(goal.profile)) {
            return Ok(NextStep::Converged(id.clone()));
        }
        // Rows often show the reseller's address instead of the owner's, so the name alone shows that the change was made.
        if progress.has(update.name) && row.name() == goal.profile.name {
            return Ok(NextStep::Converged(id.clone()));
        }
        Ok(NextStep::step(update))
    }

    /// What to do next so that an organization that we made is not billed any more. A sub-reseller is not billed, and
    /// there is no call that ends one.
    pub async fn next_for_removal(
        &self,
        session: &VendorContext<'_>,
        role: Role,
        id: &ExternalId,
    ) -> Result<NextStep<()>, ServiceError> {
        let partner = self.partner(session)?;
        match role {
            Role::Reseller => Ok(NextStep::Converged(())),
            Role::User => Ok(match self.row(session, &partner, role, id).await? {
                Some(row) if !row.customer_deactivated => {
                    NextStep::step(organization::switch(&partner, &contract::UNSUBSCRIBE, id.as_str()))
                }
                Some(_) | None => NextStep::Converged(()),
            }),
        }
    }

    /// Candidates among the partner's organizations or sub-resellers, from page `from` on: at most
    /// [`Config::search_pages`](super::Config::search_pages) pages, and no longer than the deadline allows.
    pub async fn search(&self, session: &VendorContext<'_>, wanted: &SearchCriteria<'_>, from: u32) -> Result<SearchPage, ServiceError> {
        let partner = self.partner(session)?;
        let operation = match wanted.role {
            Role::User => &contract::ORGANIZATIONS,
            Role::Reseller => &contract::RESELLERS,
        };
        let mut searched = SearchPage::default();
        let mut first_of_last = None;
        for page in from..from.saturating_add(self.config.search_pages) {
            if session.deadline.remaining_for_calls() < TIME_TO_REMEMBER && page > from {
                return Ok(SearchPage { next_page: Some(page), ..searched });
            }
            let answer = self.ask(session, &contract::page::of(partner.call(operation, None), page)).await?;
            let list = decode::page(answer)?;
            let rows: Vec<Row> = list.rows.into_iter().map(decode_json).collect::<Result<_, _>>()?;
            let first = rows.first().map(|row| row.id.clone());
            // A server that does not page gives the same list again.
            if first.is_none() || first == first_of_last {
                return Ok(searched);
            }
            first_of_last = first;
            searched.candidates.extend(rows.iter().filter_map(|row| candidate(row, wanted)));
            if list.more == More::No {
                return Ok(searched);
            }
        }
        Ok(SearchPage { next_page: Some(from.saturating_add(self.config.search_pages)), ..searched })
    }

    pub(super) async fn row(
        &self,
        session: &VendorContext<'_>,
        partner: &Partner,
        role: Role,
        id: &ExternalId,
    ) -> Result<Option<Row>, ServiceError> {
        let operation = match role {
            Role::User => &contract::ORGANIZATION,
            Role::Reseller => &contract::RESELLER,
        };
        match self.ask(session, &partner.call(operation, Some(id.as_str()))).await.and_then(decode_json) {
            Ok(row) => Ok(Some(row)),
            Err(VendorError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn candidate(row: &Row, wanted: &SearchCriteria<'_>) -> Option<Candidate> {
    let candidate = Candidate {
        id: ExternalId::parse(&row.id)?,
        reference: row.external_id == wanted.reference,
        email: wanted.email.is_some_and(|email| email.is(&row.email)),
        name: !wanted.name.is_empty() && row.name() == wanted.name,
    };
    (candidate.reference || candidate.email).then_some(candidate)
}

pub(super) fn gone(id: &ExternalId) -> ServiceError {
    ServiceError::new(
        ErrorCode::MissingAtVendor,
        format!(
            "The Dropsuite organization {id} is not there any more, or belongs to another partner. If the integration's settings are still those of the same partner, Save & Synchronize the account, which creates the organization anew, then press Retry."
        ),
    )
}

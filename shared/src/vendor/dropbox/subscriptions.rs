//! Subscriptions: a team, its activity, and its SKUs now and from the renewal on.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::catalogue::Skus;
use super::contract::{GRACE_DAYS, member};
use super::decode::{self, ListedTeam, Team};
use super::package::Package;
use super::settings::Partner;
use super::team::{self, Change, Order, Teams};
use crate::domain::account::Candidate;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::subscription_record::SubscriptionState;
use crate::domain::term::Term;
use crate::http_client::Request;
use crate::store::{PendingTenantCreate, VendorTenant};
use crate::vendor::dropbox::user_message::{grace_period_over, user_error};
use crate::vendor::dropbox::{CancelAfterWindow, Dropbox, desired_package};
use crate::vendor::{
    CreatedResource, NextStep, Provisioned, Reactivation, SearchCriteria, SearchPage, ShownTrial, Step,
    SubscriptionTarget, VendorContext, VendorError, decode_json,
};

impl Dropbox {
    /// Returns the next change that brings the team to the desired state. Once it has converged, returns its plan and
    /// licences, or `None` if it is not live.
    pub async fn next_for_subscription(
        &self,
        context: &VendorContext<'_>,
        target: &SubscriptionTarget<'_>,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let partner = self.partner(context)?;
        let live = target.state == SubscriptionState::Live;
        let Some(tenant) = target.tenant else {
            return if live { self.create(context, target, &partner).await } else { Ok(NextStep::Converged(None)) };
        };
        let teams = Teams { partner: &partner, reseller: &tenant.reseller_id };
        // Dropbox may answer "not found" for a team that moved to another reseller and is still billed.
        let team = self.team(context, teams, &tenant.id).await?.ok_or_else(|| user_error(VendorError::NotFound))?;
        if live && target.current.is_none() && !team.active {
            if has_other_admin(tenant, target) {
                return self.create(context, target, &partner).await;
            }
            check_reseller(tenant, target)?;
        }
        if live {
            return self.change(target, teams, tenant, &team);
        }
        if team.active { self.end_team(target, teams, tenant, &team) } else { Ok(NextStep::Converged(None)) }
    }

    /// Returns the current term of a team; `None` if it is not active and paid.
    ///
    /// # Errors
    /// Those of a read; Dropbox does not show the term.
    pub async fn term(&self, context: &VendorContext<'_>, tenant: &VendorTenant) -> Result<Option<Term>, ServiceError> {
        let partner = self.partner(context)?;
        let teams = Teams { partner: &partner, reseller: &tenant.reseller_id };
        let team = self.team(context, teams, &tenant.id).await?.ok_or_else(|| user_error(VendorError::NotFound))?;
        (team.active && !team.current_state.is_trial).then(|| self.current_term(&team)).transpose()
    }

    /// Returns the trial of a team. Without a team, and of one that Dropbox does not show, there is none.
    ///
    /// # Errors
    /// Those of a read; Dropbox does not show the end of the trial.
    pub async fn trial(
        &self,
        context: &VendorContext<'_>,
        tenant: Option<&VendorTenant>,
    ) -> Result<ShownTrial, ServiceError> {
        let Some(tenant) = tenant else { return Ok(ShownTrial::NoTrial) };
        let partner = self.partner(context)?;
        let teams = Teams { partner: &partner, reseller: &tenant.reseller_id };
        let team = self.team(context, teams, &tenant.id).await?.filter(|team| team.current_state.is_trial);
        let Some(team) = team else { return Ok(ShownTrial::NoTrial) };
        let unknown =
            || VendorError::InvalidResponse { reason: format!("the team {} has no end of its trial", team.id) };
        let ends_at = team.term_end().ok_or_else(|| user_error(unknown()))?;
        Ok(ShownTrial::Until { ends_at, is_active: team.active })
    }

    /// Returns `true` if a cancellation may leave the subscription live until the end of its term.
    pub fn may_not_renew(&self) -> bool {
        match self.config.cancel_after_window {
            CancelAfterWindow::Refuse => false,
            CancelAfterWindow::DoNotRenew => true,
        }
    }

    /// Searches all teams of the distributor for the one that Dropbox denied. There is nothing else to search for, because an
    /// account does not exist at the vendor.
    pub async fn search(
        &self,
        context: &VendorContext<'_>,
        criteria: &SearchCriteria<'_>,
    ) -> Result<SearchPage, ServiceError> {
        let Some(denied) = criteria.denied else { return Ok(SearchPage::default()) };
        let partner = self.partner(context)?;
        let teams = Teams { partner: &partner, reseller: &partner.distributor };
        let listed = self.list(context, teams.list_all()).await?.into_iter().filter(|team| team.id == *denied);
        let candidate = |team: ListedTeam| Candidate {
            id: team.id,
            reference: false,
            email: false,
            name: false,
            other_channel: false,
        };
        Ok(SearchPage { candidates: listed.map(candidate).collect(), next: None })
    }

    /// Returns `true` if the reseller's team with an id that `is_meant` accepts is active. `None` if it has no such team.
    pub async fn is_team_active(
        &self,
        context: &VendorContext<'_>,
        reseller: &str,
        is_meant: impl Fn(&ExternalId) -> bool,
    ) -> Result<Option<bool>, ServiceError> {
        let partner = self.partner(context)?;
        let teams = Teams { partner: &partner, reseller };
        let listed = self.list(context, teams.list()).await?;
        let Some(team) = listed.into_iter().find(|team| is_meant(&team.id)) else { return Ok(None) };
        Ok(self.team(context, teams, &team.id).await?.map(|team| team.active))
    }

    /// Returns the teams that appeared after the unconfirmed create was sent and have its name and country. If some of them
    /// have its exact SKUs, returns only those.
    pub async fn find_created_tenants(
        &self,
        context: &VendorContext<'_>,
        pending: &PendingTenantCreate,
    ) -> Result<Vec<ExternalId>, ServiceError> {
        let partner = self.partner(context)?;
        let teams = Teams { partner: &partner, reseller: &pending.reseller_id };
        let listed = self.list(context, teams.list()).await?;
        let is_similar = |team: &ListedTeam, body: &Value| {
            body.get(member::NAME) == Some(&json!(team.name))
                && (team.country_code.is_empty() || body.get(member::COUNTRY) == Some(&json!(team.country_code)))
        };
        let similar: Vec<_> = listed
            .into_iter()
            .filter(|team| {
                !pending.pre_existing.contains(&team.id)
                    && pending.sent_bodies.iter().any(|body| is_similar(team, body))
            })
            .collect();
        let is_exact = |team: &ListedTeam| pending.sent_bodies.iter().any(|body| requested_skus(body) == team.skus);
        let exact = similar.iter().any(is_exact);
        Ok(similar.into_iter().filter(|team| !exact || is_exact(team)).map(|team| team.id).collect())
    }

    async fn create(
        &self,
        context: &VendorContext<'_>,
        target: &SubscriptionTarget<'_>,
        partner: &Partner,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let desired = desired_package::desired_package(&self.config.catalogue, target)?;
        if target.trial {
            desired_package::check_trial(&desired)?;
        }
        let details = target.account_details;
        let reseller = details.reseller_id.as_deref();
        let reseller = reseller.ok_or_else(|| missing_detail_error(ErrorCode::ResellerIdInvalid, "the Reseller ID"))?;
        let admin = details
            .email
            .as_ref()
            .ok_or_else(|| missing_detail_error(ErrorCode::EmailInvalid, "a valid email address"))?;
        let country =
            details.country.as_ref().ok_or_else(|| missing_detail_error(ErrorCode::CountryInvalid, "the country"))?;
        let company =
            details.name.as_deref().ok_or_else(|| missing_detail_error(ErrorCode::NameInvalid, "the name"))?;
        let teams = Teams { partner, reseller };
        let team_name = team::team_name(company);
        let similar = self.list(context, teams.list()).await?.into_iter().filter(|team| team.name == team_name);
        let order = Order { name: company, country, admin, trial: target.trial, skus: &desired.skus() };
        Ok(NextStep::step(teams.create(&order, similar.map(|team| team.id).collect())))
    }

    fn change(
        &self,
        target: &SubscriptionTarget<'_>,
        teams: Teams<'_>,
        tenant: &VendorTenant,
        team: &Team,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let desired = desired_package::desired_package(&self.config.catalogue, target)?;
        let trial = team.current_state.is_trial;
        let trial_over = team.trial_is_over(target.now);
        if target.trial && !trial && target.current.is_none_or(|current| !current.trial) {
            return Err(ServiceError::new(
                ErrorCode::TrialRefused,
                "The Dropbox team was paid before, so it cannot become a trial. Order it as paid.",
            ));
        }
        let stays_inactive = match target.reactivation {
            Reactivation::Requested => false,
            // A trial that has ended can be ordered as paid.
            Reactivation::Implied => !trial_over || target.trial,
            Reactivation::Never => true,
        };
        if !team.active && stays_inactive {
            return Err(ServiceError::new(
                ErrorCode::StateConflict,
                "The Dropbox team is inactive: it was cancelled at Dropbox, or its term has ended. Activate the subscription first.",
            ));
        }
        let skus = team.current_state.skus();
        // The plan of a cancelled team, or of a trial, does not restrict a new order.
        if target.current.is_some() || team.active && !trial {
            desired_package::check_change(team, &self.package(&skus)?, &desired)?;
        }
        if target.trial && trial {
            desired_package::check_trial(&desired)?;
            desired_package::check_trial_change(team, &self.package(&skus)?, &desired, target.now)?;
        }
        let id = &tenant.id;
        if !team.active {
            let reinstates_order = if trial { trial_over } else { target.current.is_none() };
            return plan_reinstatement(
                target,
                teams,
                tenant,
                team,
                &if reinstates_order { desired.skus() } else { skus },
            );
        }
        if trial && !target.trial {
            return Ok(NextStep::step(teams.change(Change::ToPaid, id, &skus, &desired.skus())));
        }
        let interim = self.package(&skus)?.until_renewal(&desired).skus();
        Ok(if interim != skus {
            NextStep::step(teams.change(Change::Now, id, &skus, &interim))
        } else if team.renewal_state().skus() != desired.skus() {
            NextStep::step(teams.change(Change::AtRenewal, id, &skus, &desired.skus()))
        } else if !trial && !team.auto_renew && (target.current.is_some() || tenant.ended_at.is_some()) {
            NextStep::step(teams.renew(id))
        } else {
            NextStep::Converged(PlanId::parse(&desired.offer.skus.base).map(|plan| Provisioned {
                ordered: plan.clone(),
                billed: plan,
                quantity: desired.seats,
                term: self.current_term(team).ok(),
                trial_ends_at: team.term_end().filter(|_| trial),
            }))
        })
    }

    pub(super) fn package(&self, skus: &Skus) -> Result<Package<'_>, ServiceError> {
        Package::from_skus(&self.config.catalogue, skus).map_err(|sku| {
            ServiceError::new(
                ErrorCode::NoSuitablePlan,
                format!("The Dropbox team has the SKU {sku}, which is missing in the service manager's catalogue. Add it to the catalogue, then press Retry."),
            )
        })
    }

    pub(super) async fn team(
        &self,
        context: &VendorContext<'_>,
        teams: Teams<'_>,
        id: &ExternalId,
    ) -> Result<Option<Team>, ServiceError> {
        match self.send(context, &teams.get(id)).await.and_then(decode_json::<Team>) {
            Ok(team) if team.id == id.as_str() => Ok(Some(team)),
            Ok(team) => {
                let reason = format!("the team {id} has the id {:?}", team.id);
                Err(user_error(VendorError::InvalidResponse { reason }))
            }
            Err(VendorError::NotFound) => Ok(None),
            Err(error) => Err(user_error(error)),
        }
    }

    async fn list(&self, context: &VendorContext<'_>, request: Request) -> Result<Vec<ListedTeam>, ServiceError> {
        self.send(context, &request).await.and_then(decode::teams).map_err(user_error)
    }
}

/// Returns `true` if a new order is for another administrator than the one for whom the team was created.
fn has_other_admin(tenant: &VendorTenant, target: &SubscriptionTarget<'_>) -> bool {
    target.account_details.email.as_ref().is_some_and(|email| !email.is(tenant.login.as_str()))
}

/// Rejects a new order under another reseller for an administrator who has a team already.
fn check_reseller(tenant: &VendorTenant, target: &SubscriptionTarget<'_>) -> Result<(), ServiceError> {
    match target.account_details.reseller_id.as_ref().filter(|reseller| **reseller != tenant.reseller_id) {
        None => Ok(()),
        Some(other) => Err(ServiceError::new(
            ErrorCode::StateConflict,
            format!(
                "The email address administers a cancelled team of the reseller {}, but the account belongs to the reseller {other}. Use another email address for a new team, or contact your provider.",
                tenant.reseller_id
            ),
        )
        .with_internal(format!(
            "the cancelled team is of the reseller {}, the account's Reseller ID is {other}: correct it if it was changed by mistake",
            tenant.reseller_id
        ))),
    }
}

/// Returns the step that reinstates a team with `skus`. Dropbox accepts SKUs other than the previous ones only within
/// [`GRACE_DAYS`] of the team's end.
fn plan_reinstatement(
    target: &SubscriptionTarget<'_>,
    teams: Teams<'_>,
    tenant: &VendorTenant,
    team: &Team,
    skus: &Skus,
) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
    let ended = tenant.ended_at.or_else(|| team.term_end().filter(|end| *end <= target.now));
    let grace = SignedDuration::from_hours(24 * GRACE_DAYS);
    if *skus != team.current_state.skus() && ended.is_some_and(|ended| target.now.duration_since(ended) >= grace) {
        return Err(grace_period_over());
    }
    let creates = target.current.is_none().then_some(CreatedResource::Subscription);
    Ok(NextStep::step(Step { creates, ..teams.reinstate(&tenant.id, skus) }))
}

/// Returns the error for a missing detail of the account. A customer cannot synchronize the account.
fn missing_detail_error(code: ErrorCode, detail: &str) -> ServiceError {
    let remedy = if code.is_for_customer() {
        "Enter it, or contact your provider."
    } else {
        "Enter it in the account's Sync Options, Save & Synchronize the account, then press Retry."
    };
    ServiceError::new(code, format!("Dropbox needs {detail} of the account. {remedy}"))
        .with_internal(format!("the order and the synchronized account lack {detail}"))
}

fn requested_skus(body: &Value) -> Skus {
    let entries = body.get(member::SKUS).and_then(Value::as_array).into_iter().flatten();
    let entry = |entry: &Value| {
        let quantity = entry.get(member::QUANTITY)?.as_u64().and_then(|quantity| u32::try_from(quantity).ok())?;
        Some((entry.get(member::SKU_ID)?.as_str()?.to_owned(), quantity))
    };
    entries.filter_map(entry).collect()
}

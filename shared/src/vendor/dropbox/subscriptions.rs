//! Subscriptions: a team, its SKUs now and from the renewal on, and whether it is active.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::catalogue::Skus;
use super::contract::{GRACE_DAYS, member};
use super::decode::{self, Listed, Team};
use super::package::Package;
use super::settings::Partner;
use super::team::{self, Change, Order, Teams};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::subscription_record::SubscriptionState;
use crate::http_client::Request;
use crate::store::{PendingTenantCreate, VendorTenant};
use crate::vendor::dropbox::user_message::{ended_long_ago, explain};
use crate::vendor::dropbox::{Dropbox, desired_package};
use crate::vendor::{CreatedResource, NextStep, Provisioned, VendorContext, Step, SubscriptionTarget, VendorError, decode_json};

impl Dropbox {
    /// What to do next so that the team is as wished; what it is then.
    pub async fn next_for_subscription(
        &self,
        session: &VendorContext<'_>,
        goal: &SubscriptionTarget<'_>,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let partner = self.partner(session)?;
        let live = goal.state == SubscriptionState::Live;
        let Some(tenant) = goal.tenant else {
            return if live { self.create(session, goal, &partner).await } else { Ok(NextStep::Converged(None)) };
        };
        let teams = Teams { partner: &partner, reseller: &tenant.reseller_id };
        let team = self.team(session, teams, &tenant.id).await?;
        let ended = team.as_ref().is_none_or(|team| !team.active);
        if live && goal.current.is_none() && ended {
            if team.is_none() || is_for_another_admin(tenant, goal) {
                return self.create(session, goal, &partner).await;
            }
            same_reseller(tenant, goal)?;
        }
        match team {
            Some(team) if live => self.change(goal, teams, tenant, &team),
            Some(team) if team.active => {
                self.cancellable(&team, goal)?;
                Ok(NextStep::step(teams.cancel(&tenant.id)))
            }
            // Dropbox may say so of a team that is another reseller's by now, and goes on to be billed.
            None if live || self.list(session, teams.list_all()).await?.iter().any(|team| team.id == tenant.id) => {
                Err(explain(VendorError::NotFound))
            }
            Some(_) | None => Ok(NextStep::Converged(None)),
        }
    }

    /// The teams that appeared since `making` was sent and look like it: if there are any with its very SKUs, only those.
    pub async fn made(&self, session: &VendorContext<'_>, making: &PendingTenantCreate) -> Result<Vec<ExternalId>, ServiceError> {
        let partner = self.partner(session)?;
        let teams = Teams { partner: &partner, reseller: &making.reseller_id };
        let listed = self.list(session, teams.list()).await?;
        let looks = |team: &Listed, asked: &Value| {
            asked.get(member::NAME) == Some(&json!(team.name))
                && (team.country_code.is_empty() || asked.get(member::COUNTRY) == Some(&json!(team.country_code)))
        };
        let alike: Vec<_> = listed
            .into_iter()
            .filter(|team| !making.pre_existing.contains(&team.id) && making.sent_bodies.iter().any(|asked| looks(team, asked)))
            .collect();
        let is_exact = |team: &Listed| making.sent_bodies.iter().any(|asked| skus_asked(asked) == team.skus);
        let exact = alike.iter().any(is_exact);
        Ok(alike.into_iter().filter(|team| !exact || is_exact(team)).map(|team| team.id).collect())
    }

    async fn create(
        &self,
        session: &VendorContext<'_>,
        goal: &SubscriptionTarget<'_>,
        partner: &Partner,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let wanted = desired_package::package(&self.config.catalogue, goal)?;
        if goal.trial {
            desired_package::trial(&wanted)?;
        }
        let told = goal.account_details;
        let reseller = told.reseller_id.as_deref();
        let reseller = reseller.ok_or_else(|| missing(ErrorCode::ResellerIdInvalid, "the Reseller ID"))?;
        let admin = told.email.as_ref().ok_or_else(|| missing(ErrorCode::EmailInvalid, "a valid email address"))?;
        let country = told.country.as_ref().ok_or_else(|| missing(ErrorCode::CountryInvalid, "the country"))?;
        let company = told.name.as_deref().ok_or_else(|| missing(ErrorCode::NameInvalid, "the name"))?;
        let teams = Teams { partner, reseller };
        let named = team::name(company);
        let alike = self.list(session, teams.list()).await?.into_iter().filter(|team| team.name == named);
        let order = Order { name: company, country, admin, trial: goal.trial, skus: &wanted.skus() };
        Ok(NextStep::step(teams.create(&order, alike.map(|team| team.id).collect())))
    }

    fn change(
        &self,
        goal: &SubscriptionTarget<'_>,
        teams: Teams<'_>,
        tenant: &VendorTenant,
        team: &Team,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        let wanted = desired_package::package(&self.config.catalogue, goal)?;
        let trial = team.current_state.is_trial;
        let over = team.trial_is_over(goal.now);
        if goal.trial && !trial && goal.current.is_none_or(|current| !current.trial) {
            return Err(ServiceError::new(
                ErrorCode::TrialRefused,
                "The customer has had a paid team, which can't be tried any more. Order it as paid.",
            ));
        }
        if !team.active && !goal.may_reactivate && (!over || goal.trial) {
            return Err(ServiceError::new(
                ErrorCode::StateConflict,
                "The team is inactive at Dropbox: it was cancelled there, or its term has ended. Activate the subscription first.",
            ));
        }
        let skus = team.current_state.skus();
        // What a cancelled team, or a trial, had does not bind a new order.
        if goal.current.is_some() || team.active && !trial {
            desired_package::change(team, &self.package(&skus)?, &wanted)?;
        }
        if goal.trial && trial {
            desired_package::trial(&wanted)?;
            desired_package::trial_goes_on(team, &self.package(&skus)?, &wanted, goal.now)?;
        }
        let id = &tenant.id;
        if !team.active {
            let as_ordered = if trial { over } else { goal.current.is_none() };
            return reinstated(goal, teams, tenant, team, &if as_ordered { wanted.skus() } else { skus });
        }
        if trial && !goal.trial {
            return Ok(NextStep::step(teams.change(Change::ToPaid, id, &skus, &wanted.skus())));
        }
        let between = self.package(&skus)?.until_renewal(&wanted).skus();
        Ok(if between != skus {
            NextStep::step(teams.change(Change::Now, id, &skus, &between))
        } else if team.renewal_state().skus() != wanted.skus() {
            NextStep::step(teams.change(Change::AtRenewal, id, &skus, &wanted.skus()))
        } else if !trial && !team.auto_renew && goal.current.is_some() {
            NextStep::step(teams.renew(id))
        } else {
            NextStep::Converged(PlanId::parse(&wanted.offer.skus.base).map(|plan| Provisioned {
                ordered: plan.clone(),
                billed: plan,
                quantity: wanted.seats,
            }))
        })
    }

    /// Refuses to end a paid team's use when the first days after its order or renewal are over.
    fn cancellable(&self, team: &Team, goal: &SubscriptionTarget<'_>) -> Result<(), ServiceError> {
        let package = Package::read(&self.config.catalogue, &team.current_state.skus()).ok();
        let Some(began) = package.and_then(|package| team.began(package.offer.commitment)) else {
            // Only Dropbox can tell.
            return Ok(());
        };
        let ordered = goal.current.map_or(goal.now, |current| current.created_at);
        let days = SignedDuration::from_hours(24 * GRACE_DAYS);
        let recent = |moment: Timestamp| goal.now.duration_since(moment) < days;
        if team.current_state.is_trial || recent(began) || recent(ordered) {
            return Ok(());
        }
        let next = team.ends().map(|end| format!(" The next such days begin on {}.", end.strftime("%Y-%m-%d")));
        Err(ServiceError::new(
            ErrorCode::OutsideCancellationWindow,
            format!(
                "Dropbox lets a subscription be cancelled or suspended only within {GRACE_DAYS} days of its order or renewal.{}",
                next.unwrap_or_default()
            ),
        ))
    }

    fn package(&self, skus: &Skus) -> Result<Package<'_>, ServiceError> {
        Package::read(&self.config.catalogue, skus).map_err(|sku| {
            ServiceError::new(
                ErrorCode::NoSuitablePlan,
                format!("The team has the SKU {sku} at Dropbox, which the service manager's catalogue lacks. Add it there, then press Retry."),
            )
        })
    }

    async fn team(&self, session: &VendorContext<'_>, teams: Teams<'_>, id: &ExternalId) -> Result<Option<Team>, ServiceError> {
        match self.ask(session, &teams.get(id)).await.and_then(decode_json) {
            Ok(team) => Ok(Some(team)),
            Err(VendorError::NotFound) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    async fn list(&self, session: &VendorContext<'_>, request: Request) -> Result<Vec<Listed>, ServiceError> {
        self.ask(session, &request).await.and_then(|list| decode::teams(&list)).map_err(explain)
    }
}

/// Whether a new order is for another admin than the team was made for.
fn is_for_another_admin(tenant: &VendorTenant, goal: &SubscriptionTarget<'_>) -> bool {
    goal.account_details.email.as_ref().is_some_and(|email| !email.is(tenant.login.as_str()))
}

/// Refuses a new order under another reseller for an admin whose team there is already.
fn same_reseller(tenant: &VendorTenant, goal: &SubscriptionTarget<'_>) -> Result<(), ServiceError> {
    match goal.account_details.reseller_id.as_ref().filter(|reseller| **reseller != tenant.reseller_id) {
        None => Ok(()),
        Some(other) => Err(ServiceError::new(
            ErrorCode::StateConflict,
            format!(
                "The email address administers a team of the reseller {}, which was cancelled; the account is one of {other}. Use another email address for a new team, or set the Reseller ID back.",
                tenant.reseller_id
            ),
        )),
    }
}

/// Reinstates a team with `skus`. With others than it had, Dropbox does that only for some days after its end.
fn reinstated(
    goal: &SubscriptionTarget<'_>,
    teams: Teams<'_>,
    tenant: &VendorTenant,
    team: &Team,
    skus: &Skus,
) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
    let ended = tenant.ended_at.or_else(|| team.ends().filter(|end| *end <= goal.now));
    let days = SignedDuration::from_hours(24 * GRACE_DAYS);
    if *skus != team.current_state.skus() && ended.is_some_and(|ended| goal.now.duration_since(ended) >= days) {
        return Err(ended_long_ago());
    }
    let creates = goal.current.is_none().then_some(CreatedResource::Subscription);
    Ok(NextStep::step(Step { creates, ..teams.reinstate(&tenant.id, skus) }))
}

fn missing(code: ErrorCode, what: &str) -> ServiceError {
    ServiceError::new(
        code,
        format!("Dropbox needs {what} of the account. Fill it in, Save & Synchronize the account, then press Retry."),
    )
}

fn skus_asked(asked: &Value) -> Skus {
    let entries = asked.get(member::SKUS).and_then(Value::as_array).into_iter().flatten();
    let entry = |entry: &Value| {
        let quantity = entry.get(member::QUANTITY)?.as_u64().and_then(|quantity| u32::try_from(quantity).ok())?;
        Some((entry.get(member::SKU_ID)?.as_str()?.to_owned(), quantity))
    };
    entries.filter_map(entry).collect()
}

//! Subscriptions: a team, its SKUs now and from the renewal on, and whether it is active.

use jiff::{SignedDuration, Timestamp};

use super::catalogue::Skus;
use super::contract::{self, GRACE_DAYS, member};
use super::decode::{self, Team};
use super::explain::explain;
use super::package::Package;
use super::team::{self, Order, Teams};
use super::{Dropbox, wanted};
use crate::code::Code;
use crate::failure::Failure;
use crate::ids::{ExternalId, PlanId};
use crate::store::{Making, SubscriptionState};
use crate::vendor::{Next, Session, SubscriptionGoal, VendorError};

impl Dropbox {
    /// What to do next so that the team is as wished; the plan that was ordered, when it is.
    pub async fn next_for_subscription(
        &self,
        session: &Session<'_>,
        goal: &SubscriptionGoal<'_>,
    ) -> Result<Next<Option<PlanId>>, Failure> {
        let partner = self.partner(session)?;
        let reseller = goal.particulars.reseller_id.as_deref().ok_or_else(|| {
            Failure::new(
                Code::ResellerIdInvalid,
                "The Reseller ID of the account is not known. Enter it in the account's Sync Options, Save & Synchronize, then press Retry.",
            )
        })?;
        let teams = Teams { partner: &partner, reseller };
        let team = match goal.tenant {
            Some(id) => self.team(session, teams, id).await?.map(|team| (id, team)),
            None => None,
        };
        // The account may name another reseller by now.
        let own = team.as_ref().and_then(|(_, team)| team.reseller(&partner.distributor).map(str::to_owned));
        let teams = Teams { reseller: own.as_deref().unwrap_or(reseller), ..teams };
        match (goal.state, team) {
            (SubscriptionState::Live, None) if goal.tenant.is_none() || goal.current.is_none() => {
                self.create(session, goal, teams).await
            }
            (SubscriptionState::Live, Some((id, team))) => self.change(goal, teams, id, &team),
            (SubscriptionState::Suspended | SubscriptionState::Live, None) => Err(explain(VendorError::Absent)),
            (SubscriptionState::Suspended | SubscriptionState::Cancelled, Some((id, team))) if team.active => {
                self.cancellable(&team, goal.now)?;
                Ok(Next::step(teams.cancel(id)))
            }
            (SubscriptionState::Suspended | SubscriptionState::Cancelled, _) => Ok(Next::Done(None)),
        }
    }

    /// The teams that appeared since `making` was sent and look like it: if there are any with its very SKUs, only those.
    pub async fn made(&self, session: &Session<'_>, making: &Making) -> Result<Vec<ExternalId>, Failure> {
        let partner = self.partner(session)?;
        let asked = &making.asked;
        let resellers = asked[member::RESELLERS].as_array().into_iter().flatten().filter_map(|id| id.as_str());
        let reseller = resellers.into_iter().find(|id| *id != partner.distributor).unwrap_or(&partner.distributor);
        let all = self.teams(session, Teams { partner: &partner, reseller }).await?;
        let alike: Vec<_> = all
            .iter()
            .filter(|team| asked[member::NAME] == *team.name && asked[member::COUNTRY] == *team.country_code)
            .filter_map(|team| Some((ExternalId::parse(&team.id)?, team)))
            .filter(|(id, _)| !making.others.contains(id))
            .collect();
        let skus = skus_asked(asked);
        let exact = alike.iter().any(|(_, team)| team.current_state.skus() == skus);
        let matching = alike.into_iter().filter(|(_, team)| !exact || team.current_state.skus() == skus);
        Ok(matching.map(|(id, _)| id).collect())
    }

    async fn create(
        &self,
        session: &Session<'_>,
        goal: &SubscriptionGoal<'_>,
        teams: Teams<'_>,
    ) -> Result<Next<Option<PlanId>>, Failure> {
        let wanted = wanted::package(&self.config.catalogue, goal)?;
        if goal.trial {
            wanted::trial(&wanted)?;
        }
        let told = goal.particulars;
        let missing = |code, what: &str| {
            Failure::new(code, format!("Dropbox needs {what} of the account. Fill it in, then press Retry."))
        };
        let admin = told.login().ok_or_else(|| missing(Code::EmailInvalid, "a valid email address"))?;
        let country = told.country.as_ref().ok_or_else(|| missing(Code::CountryInvalid, "the country"))?;
        let company = told.name.as_deref().ok_or_else(|| missing(Code::NameInvalid, "the name"))?;
        let named = team::name(company);
        let alike = self.teams(session, teams).await?.into_iter().filter(|team| team.name == named);
        let others = alike.filter_map(|team| ExternalId::parse(&team.id)).collect();
        let order = Order { name: company, country, admin, trial: goal.trial, skus: &wanted.skus() };
        Ok(Next::step(teams.create(&order, others)))
    }

    fn change(
        &self,
        goal: &SubscriptionGoal<'_>,
        teams: Teams<'_>,
        id: &ExternalId,
        team: &Team,
    ) -> Result<Next<Option<PlanId>>, Failure> {
        let wanted = wanted::package(&self.config.catalogue, goal)?;
        let skus = team.current_state.skus();
        let trial = team.current_state.is_trial;
        if goal.trial && !trial && goal.current.is_none() {
            return Err(Failure::new(
                Code::TrialRefused,
                "The customer had a paid team, which can't be tried any more. Order it as paid.",
            ));
        }
        // What a cancelled team was paid for does not bind a new order.
        if !team.active && !trial && goal.current.is_none() {
            return Ok(Next::step(teams.reinstate(id, &wanted.skus())));
        }
        let now = self.package(&skus)?;
        wanted::change(team, &now, &wanted)?;
        if goal.trial && trial {
            wanted::trial(&wanted)?;
            wanted::trial_goes_on(team, &now, &wanted, goal.now)?;
        }
        let between = now.until_renewal(&wanted).skus();
        Ok(if !team.active {
            Next::step(teams.reinstate(id, &skus))
        } else if trial && !goal.trial {
            Next::step(teams.change(&contract::END_TRIAL, id, &skus, &wanted.skus()))
        } else if between != skus {
            Next::step(teams.change(&contract::CHANGE_NOW, id, &skus, &between))
        } else if team.renewal_state().skus() != wanted.skus() {
            Next::step(teams.change(&contract::CHANGE_AT_RENEWAL, id, &skus, &wanted.skus()))
        } else {
            Next::Done(PlanId::parse(&wanted.offer.skus.base))
        })
    }

    /// Refuses to end a paid team's use when its first days are over.
    fn cancellable(&self, team: &Team, now: Timestamp) -> Result<(), Failure> {
        let Ok(package) = Package::read(&self.config.catalogue, &team.current_state.skus()) else { return Ok(()) };
        let Some(began) = team.began(package.offer.commitment) else { return Ok(()) };
        let days = SignedDuration::from_hours(24 * GRACE_DAYS);
        if team.current_state.is_trial || now.duration_since(began) < days {
            return Ok(());
        }
        let next = team.ends().map(|end| end.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
        Err(Failure::new(
            Code::CancellationClosed,
            format!(
                "Dropbox lets a subscription be cancelled or suspended only within {GRACE_DAYS} days of its order or renewal. The next such days begin on {next}."
            ),
        ))
    }

    fn package(&self, skus: &Skus) -> Result<Package<'_>, Failure> {
        Package::read(&self.config.catalogue, skus).map_err(|sku| {
            Failure::new(
                Code::PlansLacking,
                format!("The team has the SKU {sku} at Dropbox, which the service manager's catalogue lacks. Add it there, then press Retry."),
            )
        })
    }

    async fn team(&self, session: &Session<'_>, teams: Teams<'_>, id: &ExternalId) -> Result<Option<Team>, Failure> {
        match self.ask(session, &teams.get(id)).await.and_then(decode::read) {
            Ok(team) => Ok(Some(team)),
            Err(VendorError::Absent) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    async fn teams(&self, session: &Session<'_>, teams: Teams<'_>) -> Result<Vec<Team>, Failure> {
        self.ask(session, &teams.list()).await.and_then(decode::teams).map_err(explain)
    }
}

fn skus_asked(asked: &serde_json::Value) -> Skus {
    let entries = asked[member::SKUS].as_array().into_iter().flatten();
    let entry = |entry: &serde_json::Value| {
        let quantity = entry[member::QUANTITY].as_u64().and_then(|quantity| u32::try_from(quantity).ok())?;
        Some((entry[member::SKU_ID].as_str()?.to_owned(), quantity))
    };
    entries.filter_map(entry).collect()
}

//! Failures whose ticket is not opened at present, because the MSP snoozed them or has quiet hours.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::connectwise::{CompanyId, date};
use crate::domain::action::error_kind::ErrorKind;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::{ActionRecord, FailingAction, FailureClass, FailuresRecord, MAX_SAMPLE, Snooze, SnoozeScope};
use crate::workers::tickets::text;

/// Number of snoozes that are read at once. An MSP has at most that many.
pub const MAX_SNOOZES: usize = 500;

/// The reason why a ticket is not opened at present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// The time at which the failures are looked at again. `None` if the MSP left them out for good.
    pub until: Option<Timestamp>,
    /// The reason, for the MSP.
    pub reason: String,
}

impl Hold {
    /// Returns the hold by the snoozes of a failure: until the last of them ends. `None` without a snooze.
    fn by_all<'s>(snoozes: impl IntoIterator<Item = &'s Snooze>) -> Option<Self> {
        // The one without an end is the last.
        let last = snoozes.into_iter().max_by_key(|snooze| (snooze.until.is_none(), snooze.until))?;
        let reason = match last.until {
            Some(until) => format!("Snoozed until {}: {}", text::moment(until), last.reason),
            None => format!("Left out: {}", last.reason),
        };
        Some(Self { until: last.until, reason })
    }
}

/// The owner of failures.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// The MSP.
    pub msp: MspId,
    /// The company.
    pub company: CompanyId,
}

/// Returns why the ticket of a failing action is not opened at present; `None` if it is.
///
/// # Errors
/// The table did not answer.
pub async fn of_action(app: &App, owner: Owner, action: &ActionRecord) -> Result<Option<Hold>, ServiceError> {
    let Some(last) = action.timeline.failures.last() else { return Ok(None) };
    let (kind, address) = (ErrorKind::of(&last.error), &action.mailbox.address);
    let snoozes = app.store.snoozes_of(owner.msp, owner.company, address, kind, app.clock.now()).await?;
    if let Some(hold) = Hold::by_all(&snoozes) {
        return Ok(Some(hold));
    }
    if kind == ErrorKind::Authentication { Ok(None) } else { quiet(app, owner.msp).await }
}

/// Returns the hold of the MSP's quiet hours; `None` outside of them.
async fn quiet(app: &App, msp: MspId) -> Result<Option<Hold>, ServiceError> {
    let Some(hours) = app.store.ticket_rules(msp).await?.quiet_hours else { return Ok(None) };
    let Some(settings) = app.store.msp(msp).await? else { return Ok(None) };
    let Some(zone) = date::zone(&settings.connection.time_zone) else { return Ok(None) };
    Ok(hours.end_at(app.clock.now(), &zone).map(|end| Hold {
        until: Some(end),
        reason: format!("Quiet hours until {}: only authentication errors open tickets.", text::moment(end)),
    }))
}

/// The snoozes of an MSP that have not ended.
pub struct ActiveSnoozes(HashMap<SnoozeScope, Snooze>);

impl ActiveSnoozes {
    /// Reads the snoozes of an MSP.
    ///
    /// # Errors
    /// The table did not answer.
    pub async fn read(app: &App, msp: MspId) -> Result<Self, ServiceError> {
        let now = app.clock.now();
        let snoozes = app.store.snoozes(msp, None, MAX_SNOOZES).await?;
        let active = snoozes.into_iter().filter(|snooze| snooze.is_active(now));
        Ok(Self(active.map(|snooze| (snooze.scope.clone(), snooze)).collect()))
    }

    /// Returns the hold of a failing action of a company; `None` if it is not snoozed.
    pub fn hold(&self, company: CompanyId, entry: &FailingAction) -> Option<Hold> {
        let scopes = SnoozeScope::of_failure(company, &entry.address, entry.kind());
        Hold::by_all(scopes.iter().filter_map(|scope| self.0.get(scope)))
    }
}

/// The failures of an organization that share a ticket, as the MSP's rules see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupHold {
    /// `true` if all of them are snoozed.
    pub all_snoozed: bool,
    /// The reason why their ticket is not opened at present. `None` if it is.
    pub hold: Option<Hold>,
}

/// Returns how the MSP's rules see the failures of an organization that share a ticket. Those that are snoozed are taken out of
/// `failures`, unless all are: the ticket is about the others.
///
/// # Errors
/// The table did not answer.
pub async fn of_organization(
    app: &App,
    owner: Owner,
    failures: &mut FailuresRecord,
) -> Result<GroupHold, ServiceError> {
    let snoozes = ActiveSnoozes::read(app, owner.msp).await?;
    let quiet = quiet(app, owner.msp).await?;
    if snoozes.0.is_empty() && quiet.is_none() {
        return Ok(GroupHold::default());
    }
    let entries = app.store.known_failures(&failures.organization).await?.entries;
    let entries = entries.into_iter().filter(|entry| entry.class == FailureClass::Grouped);
    let (mut open, mut holds): (Vec<FailingAction>, Vec<Hold>) = (Vec::new(), Vec::new());
    for entry in entries {
        match snoozes.hold(owner.company, &entry) {
            Some(hold) => holds.push(hold),
            None => open.push(entry),
        }
    }
    let is_urgent = |entry: &FailingAction| entry.kind() == ErrorKind::Authentication;
    if open.is_empty() {
        // The first of them to end opens the ticket.
        let hold = holds.into_iter().min_by_key(|hold| (hold.until.is_none(), hold.until));
        return Ok(GroupHold { all_snoozed: hold.is_some(), hold });
    }
    if !holds.is_empty() {
        (failures.grouped_count, failures.grouped_peak) = (open.len(), open.len());
        failures.sample = open.iter().take(MAX_SAMPLE).map(|entry| entry.address.clone()).collect();
        failures.sample_error = open.first().map(|entry| entry.error.clone());
    }
    Ok(GroupHold { all_snoozed: false, hold: quiet.filter(|_| !open.iter().any(is_urgent)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snooze_that_ends_last_counts() {
        let snooze = |until: Option<&str>, reason: &str| Snooze {
            scope: SnoozeScope::Company(CompanyId::new(20)),
            until: until.map(|until| until.parse().unwrap()),
            reason: reason.to_owned(),
            by: "Zoe".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        let early = snooze(Some("2026-12-01T00:00:00Z"), "early");
        let late = snooze(Some("2026-12-02T00:00:00Z"), "late");
        assert_eq!(Hold::by_all(&[]), None);
        let hold = Hold::by_all(&[late.clone(), early.clone()]).unwrap();
        assert_eq!(hold.reason, "Snoozed until 2026-12-02 00:00 UTC: late");
        assert_eq!(hold.until, late.until);
        let hold = Hold::by_all(&[late, snooze(None, "never"), early]).unwrap();
        assert_eq!((hold.reason.as_str(), hold.until), ("Left out: never", None));
    }
}

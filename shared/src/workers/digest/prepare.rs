//! Writes the digest of a period that has begun.

use jiff::tz::TimeZone;

use crate::app::App;
use crate::domain::digest_period::DigestPeriod;
use crate::domain::error::ServiceError;
use crate::http_client::Deadline;
use crate::store::{DigestKey, DigestRecord, DigestState, EnrolledMsp, LastDigest, MspRecord, Refusal};
use crate::workers::digest::attention::{self, Attention};
use crate::workers::digest::trials::DigestTime;

const WAITING: &str = "Its ticket is created with the next run of the redrive.";

/// Writes the MSP's digest if one is due. Returns `true` if it did. With nothing that needs attention, the period has none.
///
/// The digest is written before the period is recorded as done. A call that dies in between writes nothing twice: the next one
/// finds the digest. Without time before `deadline`, the next call writes it.
///
/// # Errors
/// The table did not answer. The next call tries again.
pub async fn prepare(
    app: &App,
    enrolled: &EnrolledMsp,
    settings: &MspRecord,
    zone: &TimeZone,
    deadline: Deadline,
) -> Result<bool, ServiceError> {
    let (msp, now) = (enrolled.msp, app.clock.now());
    let Some(wanted) = app.store.ticket_rules(msp).await?.digest else { return Ok(false) };
    // No ticket can be created meanwhile, and then one is enough.
    if settings.refusal.as_ref().is_some_and(Refusal::is_confirmed) {
        return Ok(false);
    }
    let period = wanted.every.first_day(now, zone);
    if app.store.digest_state(msp).await?.is_some_and(|state| state.period >= period) {
        return Ok(false);
    }
    let time = DigestTime::new(wanted.every, now, zone);
    let Some(found) = attention::gather(app, enrolled, &time, deadline).await? else { return Ok(false) };
    let key = DigestKey { msp, period };
    if found.count > 0 && app.store.digest(&key).await?.is_none() {
        let (summary, description) = text(wanted.every, key, &found);
        let record = DigestRecord::new(key, summary, description, now);
        // It is written unless another call was first.
        app.store.schedule_sync(&record, WAITING, now.as_millisecond(), now).await?;
    }
    app.store
        .save_digest_state(msp, &DigestState { period, last: Some(LastDigest { period, count: found.count }) })
        .await?;
    metrics::counter!("DigestsPrepared").increment(u64::from(found.count > 0));
    Ok(found.count > 0)
}

/// Returns the summary and the description, each on one line.
fn text(every: DigestPeriod, key: DigestKey, found: &Attention) -> (String, String) {
    let (count, period) = (found.count, key.period);
    let what = match every {
        DigestPeriod::Daily => format!("on {period}"),
        DigestPeriod::Weekly => format!("in the week of {period}"),
        DigestPeriod::Monthly => format!("in {}", period.strftime("%Y-%m")),
    };
    let things = if count == 1 { "1 thing needs".to_owned() } else { format!("{count} things need") };
    let lines: Vec<_> = found
        .lines
        .iter()
        .zip(1..)
        .map(|(line, number)| format!("({number}) {}", line.trim_end_matches('.')))
        .collect();
    let rest = count.saturating_sub(found.lines.len());
    let rest = if rest == 0 { String::new() } else { format!(" And {rest} more: see the portal.") };
    (
        format!("Dropsuite: {things} attention {what}"),
        format!("{things} your attention {what}. {}.{rest}", lines.join(". ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_are_named_and_more_are_counted() {
        let msp = "11111111-1111-8111-8111-111111111111".parse().unwrap();
        let key = DigestKey { msp, period: "2026-11-30".parse().unwrap() };
        let found = |count: usize| Attention {
            lines: (1..=count.min(attention::MAX_NAMED)).map(|number| format!("Backup of m{number} fails.")).collect(),
            count,
        };
        let (summary, one) = text(DigestPeriod::Weekly, key, &found(1));
        assert_eq!(summary, "Dropsuite: 1 thing needs attention in the week of 2026-11-30");
        assert_eq!(one, "1 thing needs your attention in the week of 2026-11-30. (1) Backup of m1 fails.");
        let (_, forty) = text(DigestPeriod::Daily, key, &found(40));
        assert!(forty.ends_with("(40) Backup of m40 fails.") && !forty.contains("more"), "{forty}");
        let (summary, more) = text(DigestPeriod::Monthly, key, &found(43));
        assert_eq!(summary, "Dropsuite: 43 things need attention in 2026-11");
        assert!(more.ends_with("(40) Backup of m40 fails. And 3 more: see the portal."), "{more}");
    }
}

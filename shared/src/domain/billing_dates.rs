//! The days from which and to which an MSP wants a customer billed. Each agreement link has such a rule.
//!
//! The rule gives the days that are asked for; the agreement's terms may move them (`connectwise/date.rs`). It is applied to
//! the time of an event: a sale, a conversion to paid, an end. A rule that is chosen later does not change what came before it.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NEXT_MONTH: &str = "nextMonth";
const TODAY: &str = "today";

/// The first billed day of a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartsOn {
    /// The first day of the month after the sale or the link.
    #[default]
    NextMonth,
    /// The day of the sale or of the link, whichever is later.
    Today,
    /// This day. What begins after it is billed as with [`NextMonth`](Self::NextMonth).
    Day(Date),
}

impl fmt::Display for StartsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextMonth => f.write_str(NEXT_MONTH),
            Self::Today => f.write_str(TODAY),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

impl FromStr for StartsOn {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            NEXT_MONTH => Ok(Self::NextMonth),
            TODAY => Ok(Self::Today),
            day => Ok(Self::Day(Date::strptime("%Y-%m-%d", day)?)),
        }
    }
}

impl Serialize for StartsOn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StartsOn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The last billed month of a customer who leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LastBilledMonth {
    /// The month of the end.
    #[default]
    This,
    /// The month after it, because the vendor invoices the customer once more.
    Next,
}

/// A rule of billing dates. The default is that of ConnectWise's integration guide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingDates {
    /// The first billed day.
    #[serde(default)]
    pub starts_on: StartsOn,
    /// The last billed month of a customer who leaves.
    #[serde(default)]
    pub last_billed_month: LastBilledMonth,
    /// `true` if days that are not used any more are not billed, and credited if they are invoiced already. It has an effect in
    /// agreements that prorate.
    #[serde(default)]
    pub credits_unused: bool,
}

/// Why an addition ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// The customer leaves.
    Leaves,
    /// Another addition follows, or nothing was charged.
    Followed,
}

impl BillingDates {
    /// Returns the first day to bill of what is billed since the day `from`, and was sold, or converted to paid, on the day
    /// `sold`, which is not later.
    pub fn first_day(self, from: Date, sold: Date) -> Date {
        let next_month = || from.first_of_month().saturating_add(1.month());
        match self.starts_on {
            StartsOn::Today => from,
            StartsOn::Day(day) if day >= sold => day,
            StartsOn::NextMonth | StartsOn::Day(_) => next_month(),
        }
    }

    /// Returns the last day to bill of what ended on the day `ended`. `credits` is `true` if the agreement credits unused days.
    pub fn last_day(self, ended: Date, kind: EndKind, credits: bool) -> Date {
        match (kind, self.last_billed_month) {
            (EndKind::Leaves, LastBilledMonth::Next) => {
                ended.first_of_month().saturating_add(1.month()).last_of_month()
            }
            (EndKind::Leaves | EndKind::Followed, _) if credits => ended,
            (EndKind::Leaves | EndKind::Followed, _) => ended.last_of_month(),
        }
    }
}

/// Most choices of a link that are kept.
const MAX_CHOICES: usize = 20;

/// The rules that were chosen for a link, newest first, at most 20. Before the oldest one, the default rule applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChosenDates(Vec<Choice>);

/// A rule with the time from which it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Choice {
    #[serde(flatten)]
    dates: BillingDates,
    chosen_at: Timestamp,
}

impl ChosenDates {
    /// Returns the choices after `dates` were chosen at `now`: unchanged if they are the same. `None` is the default rule. The two
    /// oldest of too many become one, with the later rule.
    pub fn following(current: Option<&Self>, dates: BillingDates, now: Timestamp) -> Option<Self> {
        if Self::last(current) == dates {
            return current.cloned();
        }
        let mut choices = vec![Choice { dates, chosen_at: now }];
        choices.extend(current.into_iter().flat_map(|current| &current.0));
        if choices.len() > MAX_CHOICES
            && let Some(oldest) = choices.pop()
            && let Some(kept) = choices.last_mut()
        {
            kept.chosen_at = oldest.chosen_at;
        }
        Some(Self(choices))
    }

    /// Returns the rule that was chosen last.
    pub fn last(choices: Option<&Self>) -> BillingDates {
        choices.and_then(|choices| choices.0.first()).map(|choice| choice.dates).unwrap_or_default()
    }

    /// Returns the rule that applies to an event at `time`.
    pub fn at(choices: Option<&Self>, time: Timestamp) -> BillingDates {
        let choice = choices.and_then(|choices| choices.0.iter().find(|choice| choice.chosen_at <= time));
        choice.map(|choice| choice.dates).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;

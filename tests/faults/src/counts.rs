//! Counts of events by kind, which show what random histories have covered.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display, Formatter};
use std::iter::Sum;

/// Numbers of events, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, usize>);

impl Counts {
    /// Counts an event of `kind`.
    pub fn add(&mut self, kind: impl Into<String>) {
        *self.0.entry(kind.into()).or_default() += 1;
    }

    /// Counts an event of the kind `group`, with the name of the enumeration's variant.
    pub fn add_variant(&mut self, group: &str, variant: impl Debug) {
        let variant = format!("{variant:?}");
        let name = variant.split(['(', ' ', '{']).next().unwrap_or_default();
        self.add(format!("{group} {name}"));
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, counts| {
            for (kind, count) in counts.0 {
                *sum.0.entry(kind).or_default() += count;
            }
            sum
        })
    }
}

impl Display for Counts {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(kind, count)| writeln!(formatter, "{count:>7} {kind}"))
    }
}

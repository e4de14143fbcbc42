//! The position in a vendor's list at which another request continues it.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::domain::fingerprint::Fingerprint;

/// A position in a vendor's list: the next page, and what the page before it was, so that a page that repeats it is known.
///
/// Its text is opaque to callers, such as `2-1-FEkD…`. It contains nothing of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPosition {
    /// Number of the next page, from 2.
    pub page: u32,
    /// `true` if the page before announced this one.
    pub announced: bool,
    /// Fingerprint of the id of the first row of the page before.
    pub previous: Fingerprint,
}

/// Greatest number of a page, far above any list's.
const MAX_PAGE: u32 = 1_000_000;

/// Length of a fingerprint's text.
const FINGERPRINT_LEN: usize = 43;

impl fmt::Display for ListPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.page, u8::from(self.announced), self.previous)
    }
}

impl FromStr for ListPosition {
    /// The text is no position.
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '-');
        let (Some(page), Some(announced), Some(previous)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(());
        };
        let page = page.parse().ok().filter(|page| (2..=MAX_PAGE).contains(page)).ok_or(())?;
        let announced = match announced {
            "0" => false,
            "1" => true,
            _ => return Err(()),
        };
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if previous.len() != FINGERPRINT_LEN || !previous.bytes().all(is_base64) {
            return Err(());
        }
        let previous = serde_json::from_value(Value::String(previous.to_owned())).map_err(|_| ())?;
        Ok(Self { page, announced, previous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_and_nothing_else_is() {
        for (page, announced) in [(2, true), (MAX_PAGE, false)] {
            // Its fingerprint begins with a hyphen for one of these.
            for id in 0..200 {
                let position = ListPosition { page, announced, previous: Fingerprint::hash(&id) };
                assert_eq!(position.to_string().parse(), Ok(position));
            }
        }
        let valid = ListPosition { page: 2, announced: true, previous: Fingerprint::hash(&1) }.to_string();
        for wrong in [
            "",
            "2",
            "2-1",
            "2-1-x",
            &valid.replacen("2-1", "1-1", 1),
            &valid.replacen("2-1", "2-2", 1),
            &format!("{valid}x"),
            &format!("9999999{}", &valid[1..]),
        ] {
            assert_eq!(wrong.parse::<ListPosition>(), Err(()), "{wrong}");
        }
    }
}

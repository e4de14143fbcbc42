//! Windows of time, which begin at multiples of their length.

use jiff::{SignedDuration, Timestamp};

/// Returns the end of the window that contains `now`, in seconds since the epoch. `length` is whole seconds, and positive.
pub fn end_of_window(now: Timestamp, length: SignedDuration) -> i64 {
    let length = length.as_secs();
    (now.as_second().div_euclid(length) + 1) * length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_at_the_next_quarter_of_an_hour() {
        let end = |text: &str| {
            Timestamp::from_second(end_of_window(text.parse().unwrap(), SignedDuration::from_mins(15)))
                .unwrap()
                .to_string()
        };
        assert_eq!(end("2031-05-15T16:00:00Z"), "2031-05-15T16:15:00Z");
        assert_eq!(end("2031-05-15T16:14:59Z"), "2031-05-15T16:15:00Z");
        assert_eq!(end("2031-05-15T16:15:00Z"), "2031-05-15T16:30:00Z");
    }
}

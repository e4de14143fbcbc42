//! Texts of other systems that are passed on to people.

/// Maximum length of a message of another system, in characters.
pub const MAX_MESSAGE_LEN: usize = 300;

/// Number of characters of a text that are looked at for its message.
const MAX_SCANNED: usize = 20_000;

/// Returns a message of another system as [`plain_text`], truncated to [`MAX_MESSAGE_LEN`].
pub fn other_system_message(text: &str) -> String {
    let scanned: String = text.chars().take(MAX_SCANNED).collect();
    plain_text(&scanned).chars().take(MAX_MESSAGE_LEN).collect()
}

/// Returns the text as one line without anything that could change how other text is shown: control characters, invisible
/// characters, marks of the writing direction, and HTML tags. White space becomes single spaces.
pub fn plain_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // Positions in `shown` where a tag may begin.
    let mut opened: Vec<usize> = Vec::new();
    let mut visible = text.chars().filter(|character| !is_invisible(*character)).peekable();
    while let Some(character) = visible.next() {
        match character {
            '<' if visible.peek().is_some_and(|next| next.is_ascii_alphabetic() || ['/', '!', '?'].contains(next)) => {
                opened.push(shown.len());
                shown.push(character);
            }
            '>' => match opened.pop() {
                Some(start) => {
                    shown.truncate(start);
                    shown.push(' ');
                }
                None => shown.push(character),
            },
            character if character.is_control() => shown.push(' '),
            character => shown.push(character),
        }
    }
    // A tag without an end would continue in the text that follows it.
    for start in opened {
        shown.replace_range(start..=start, " ");
    }
    one_line(&shown)
}

/// Returns `text` on one line: each run of white space is one space.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns `true` for the characters of Unicode's category "format" that text can contain unseen.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Returns the reason that a response could not be decoded: the path of the member, and what was expected. The value itself is
/// left out, because it may be a secret.
pub fn decode_reason(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let message = error.inner().to_string();
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{}: expected {expected}", error.path()),
        None => format!("{}: {message}", error.path()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_visible_text_is_left() {
        for (text, expected) in [
            ("IMAP connection failed", "IMAP connection failed"),
            ("a\r\nb\tc\u{0}d\u{2028}e", "a b c d e"),
            ("\u{202e}txt.exe\u{202c} \u{200b}\u{feff}x", "txt.exe x"),
            ("<b>Full</b>: 5 < 6 and 7 > 6", "Full : 5 < 6 and 7 > 6"),
            ("<img src=x onerror=\"alert(1)\">x", "x"),
            ("<<b>script>alert(1)</script>", "< script>alert(1)"),
            ("quota <script src=", "quota script src="),
            ("<p>a</p><p>b</p>", "a b"),
            ("<!-- x --><?php y ?>z", "z"),
            ("\u{200b}<\u{200b}b>z", "z"),
            ("größer", "größer"),
        ] {
            assert_eq!(plain_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn texts_are_put_on_one_line() {
        assert_eq!(one_line(" IMAP:\r\n\tno route\n to host. "), "IMAP: no route to host.");
    }

    #[test]
    fn a_message_is_bounded() {
        assert_eq!(other_system_message(&"ä".repeat(1_000_000)).chars().count(), MAX_MESSAGE_LEN);
    }

    #[test]
    fn a_reason_names_the_member_and_no_value() {
        #[derive(Debug, serde::Deserialize)]
        struct Row {
            #[expect(dead_code, reason = "decoded only")]
            seats: u32,
        }
        let reason = |value| decode_reason(&serde_path_to_error::deserialize::<_, Row>(value).unwrap_err());
        assert_eq!(reason(serde_json::json!({"seats": "the token"})), "seats: expected u32");
        assert_eq!(reason(serde_json::json!({"seats": -7})), "seats: expected u32");
        assert_eq!(reason(serde_json::json!({})), ".: missing field `seats`");
    }

    proptest! {
        #[test]
        fn plain_text_stays_plain(text in "[<>/!ab \u{202e}\u{200b}\n]{0,40}|\\PC{0,40}|.{0,40}") {
            let plain = plain_text(&text);
            prop_assert_eq!(plain_text(&plain), plain.clone());
            let tag = plain.as_bytes().windows(2).any(|pair| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || b"/!?".contains(&pair[1])));
            prop_assert!(!tag && !plain.contains(|c: char| c.is_control() || is_invisible(c)), "{plain:?}");
        }
    }
}

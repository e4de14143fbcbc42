//! Texts as ConnectWise takes them, and keys that went through people's hands.

/// The first `most` characters of `text`. Never of a key: two that differ at their ends would become one.
pub fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| text.split_at_checked(end).map_or(text, |(head, _)| head))
}

/// Whether two keys are one, but for upper and lower case, white space around them and marks without width, which text
/// that was copied carries.
pub fn is_same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn plain(key: &str) -> String {
    let visible: String = key.chars().filter(|character| !is_without_width(*character)).collect();
    visible.trim().to_lowercase()
}

fn is_without_width(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, most, expected) in
            [("äöü", 2, "äö"), ("äöü", 3, "äöü"), ("äöü", 9, "äöü"), ("", 1, ""), ("x", 0, "")]
        {
            assert_eq!(cut(text, most), expected);
        }
    }

    #[test]
    fn keys_that_were_copied_are_the_same() {
        assert!(is_same("\u{feff}euwest.Backup.10\u{200b} ", "euwest.backup.10"));
        assert!(!is_same("euwest.backup.1", "euwest.backup.10"));
    }
}

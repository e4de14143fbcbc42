//! Texts in the lengths that ConnectWise accepts, and comparison of keys that people may have edited.

/// Returns the first `max` characters of `text`. Never truncate a key: two keys that differ only at their ends would
/// become equal.
pub fn truncate(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| text.split_at_checked(end).map_or(text, |(head, _)| head))
}

/// Compares two keys. Case, surrounding white space and zero-width characters, which copied text can contain, are
/// ignored.
pub fn eq_normalized(one: &str, other: &str) -> bool {
    normalize(one) == normalize(other)
}

/// Returns a key without what [`eq_normalized`] ignores.
pub fn normalize(key: &str) -> String {
    let visible: String = key.chars().filter(|character| !is_zero_width(*character)).collect();
    visible.trim().to_lowercase()
}

fn is_zero_width(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_truncated_between_characters() {
        for (text, max, expected) in [("äöü", 2, "äö"), ("äöü", 3, "äöü"), ("äöü", 9, "äöü"), ("", 1, ""), ("x", 0, "")]
        {
            assert_eq!(truncate(text, max), expected);
        }
    }

    #[test]
    fn copied_keys_are_equal() {
        assert!(eq_normalized("\u{feff}euwest.Backup.10\u{200b} ", "euwest.backup.10"));
        assert!(!eq_normalized("euwest.backup.1", "euwest.backup.10"));
    }
}

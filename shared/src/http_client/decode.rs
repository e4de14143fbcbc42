//! Texts of other systems that are passed on to people.

/// Maximum length of a message of another system, in characters.
pub const MAX_MESSAGE_LEN: usize = 300;

/// Returns a message of another system, truncated to [`MAX_MESSAGE_LEN`] and without control characters.
pub fn other_system_message(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(MAX_MESSAGE_LEN).collect()
}

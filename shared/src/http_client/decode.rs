//! Text of other systems, as it is passed on.

/// The longest piece of another system's message that is passed on, in characters.
pub const MAX_MESSAGE_LEN: usize = 300;

/// A message of another system: cut to [`MAX_WORDS`], without control characters.
pub fn other_system_message(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(MAX_MESSAGE_LEN).collect()
}

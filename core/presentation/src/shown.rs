//! Text of others that a person is to read.

/// Whether a screen shows this text as it is: 1 to `longest` bytes, none of them hidden. Whoever signs it is believed to be who
/// they are, not to be harmless: an escape sequence would write into the person's terminal, a change of direction turn one name
/// into another.
pub(crate) fn can_be_shown(text: &str, longest: usize) -> bool {
    let is_hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{61c}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    (1..=longest).contains(&text.len()) && !text.chars().any(is_hidden)
}

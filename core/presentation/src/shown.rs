//! Text of others that a person is to read. Whoever signs it is believed to be who they are, not to be harmless: an escape sequence
//! would write into the person's terminal, a change of direction turn one name into another.

/// Whether a screen shows this text as it is: 1 to `longest` bytes, none of them hidden.
pub(crate) fn can_be_shown(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(is_hidden)
}

/// What a screen can show of text that was not made to be shown: at most `longest` characters, without hidden ones, white space as
/// single spaces. Nothing where nothing is left.
pub fn showable(text: &str, longest: usize) -> Option<String> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(|character| !is_hidden(*character)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    let shown: String = words.join(" ").chars().take(longest).collect();
    Some(shown.trim_end().to_owned()).filter(|shown| !shown.is_empty())
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_goes_and_the_rest_is_cut() {
        let cleaned = |text: &str| showable(text, 12);
        assert_eq!(cleaned("  quá\tmuộn \r\n rồi ").as_deref(), Some("quá muộn rồi"));
        assert_eq!(cleaned("\u{1b}[31mred\u{7}").as_deref(), Some("[31mred"));
        assert_eq!(cleaned("a\u{202e}b\u{200b} \u{2066} c").as_deref(), Some("ab c"));
        assert_eq!(cleaned("0123456789 12345").as_deref(), Some("0123456789 1"));
        assert_eq!(cleaned("0123456789a bc").as_deref(), Some("0123456789a"));
        for nothing in ["", " \n", "\u{0}\u{feff}"] {
            assert_eq!(cleaned(nothing), None);
        }
    }
}

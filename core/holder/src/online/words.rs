//! What a verifier says when it takes no answer.

use std::fmt;

use presentation::showable;
use serde::Deserialize;

/// Characters of a code.
const LONGEST_CODE: usize = 64;
/// Characters of a sentence.
const LONGEST_SENTENCE: usize = 300;

/// A verifier's own words, as a screen can show them: bounded, without hidden characters. They are its word and nobody else's, and may
/// be about the person: they are for the screen alone, never for a log or the history, so that `Debug` keeps them back.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierWords(String);

/// RFC 6749, section 5.2, whose members OpenID4VP 1.0 verifiers answer with.
#[derive(Deserialize)]
struct ErrorBody {
    error: Option<String>,
    error_description: Option<String>,
}

impl VerifierWords {
    /// The code and the sentence of an error answer, where it has any.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let body: ErrorBody = http_client::parse_json(body).ok()?;
        let part = |text: Option<String>, longest| text.and_then(|text| showable(&text, longest));
        let parts = [part(body.error, LONGEST_CODE), part(body.error_description, LONGEST_SENTENCE)];
        let words = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
        Some(Self(words)).filter(|words| !words.0.is_empty())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VerifierWords {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "VerifierWords({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(body: &str) -> Option<String> {
        VerifierWords::of(body.as_bytes()).map(|words| words.as_str().to_owned())
    }

    #[test]
    fn code_and_sentence_are_told_cleaned_and_cut() {
        let told = |body: &str| words(body).unwrap_or_default();
        assert_eq!(told(r#"{"error":"no","error_description":"too\u001b[2J late"}"#), "no: too[2J late");
        assert_eq!(told(r#"{"error_description":"late"}"#), "late");
        assert_eq!(told(r#"{"error":"late"}"#), "late");
        let long = format!(r#"{{"error":"{0}","error_description":"{0}"}}"#, "x".repeat(1000));
        assert_eq!(told(&long).len(), LONGEST_CODE + 2 + LONGEST_SENTENCE);
    }

    #[test]
    fn an_answer_without_words_has_none() {
        for body in
            ["", "{}", "<p>no</p>", r#"{"error":7}"#, r#"{"error":"a","error":"b"}"#, r#"{"error":" "}"#]
        {
            assert_eq!(words(body), None, "{body}");
        }
    }

    #[test]
    fn nothing_of_them_reaches_a_log() {
        let words = VerifierWords::of(br#"{"error":"Mau is unwelcome"}"#).unwrap();
        assert_eq!(format!("{words:?}"), "VerifierWords(16 bytes)");
    }
}

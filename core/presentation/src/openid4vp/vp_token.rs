//! The presentations of an answer: the object `vp_token` (OpenID4VP 1.0, section 8.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Presentations, by the identifier of the query that they answer. An SD-JWT VC stands as its text with the key-binding JWT, a
/// `DeviceResponse` in base64url.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VpToken(BTreeMap<String, Vec<String>>);

/// Not an object of non-empty arrays of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a vp_token")]
pub struct NotAVpToken;

impl VpToken {
    /// One without presentations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a presentation for a query.
    pub fn push(&mut self, query: &str, presentation: String) {
        self.0.entry(query.to_owned()).or_default().push(presentation);
    }

    /// Each answered query with its presentations, in order of their identifiers.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(query, presentations)| (query.as_str(), presentations.as_slice()))
    }

    /// Its JSON form.
    pub fn to_json(&self) -> Value {
        let answers = self.0.iter().map(|(query, presentations)| {
            (query.clone(), Value::Array(presentations.iter().cloned().map(Value::String).collect()))
        });
        Value::Object(answers.collect::<Map<_, _>>())
    }

    /// From its JSON form, always with arrays.
    ///
    /// # Errors
    /// [`NotAVpToken`], also for presentations that are objects: no format here has such.
    pub fn from_json(value: &Value) -> Result<Self, NotAVpToken> {
        let answers = value.as_object().filter(|answers| !answers.is_empty()).ok_or(NotAVpToken)?;
        let presentations = |list: &Value| {
            let list = list.as_array().filter(|list| !list.is_empty())?;
            list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
        };
        let read = |(query, list): (&String, &Value)| Some((query.clone(), presentations(list)?));
        answers.iter().map(read).collect::<Option<_>>().map(Self).ok_or(NotAVpToken)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_presentation_always_stands_in_an_array() {
        let mut token = VpToken::new();
        token.push("b", "2".to_owned());
        token.push("a", "1".to_owned());
        token.push("b", "3".to_owned());
        assert_eq!(token.to_json(), json!({"a": ["1"], "b": ["2", "3"]}));
        assert_eq!(VpToken::from_json(&token.to_json()), Ok(token));
    }

    #[test]
    fn refuses_everything_else() {
        for value in
            [json!({"a": "1"}), json!({"a": []}), json!({"a": [{}]}), json!({}), json!(["1"]), json!(null)]
        {
            assert_eq!(VpToken::from_json(&value), Err(NotAVpToken), "{value}");
        }
    }
}

//! What members look like, and the JSON schemas (2020-12, as OpenAPI 3.1 has them) that say so.
use serde_json::{Map, Value, json};

use super::meanings::MEANINGS;

/// What a member looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Any text.
    Text,
    /// Text of this form (regular expression).
    Like(&'static str),
    /// Octets in base64url without padding.
    Base64url,
    /// An absolute address.
    Address,
    /// A day, ISO 8601.
    Day,
    /// A moment, RFC 3339.
    Moment,
    /// A whole number of nothing less than the first and nothing more than the second.
    Number(i64, i64),
    /// True or false.
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A record with these members, written as those of a call.
    Record(&'static [&'static str]),
    /// A record with members that another specification names.
    Any,
    /// A list.
    List(&'static Self),
    /// Null, too.
    OrNull(&'static Self),
}

/// What a member means: its word in [`MEANINGS`], its shape, an example in JSON, and a sentence.
pub(super) type Meaning = (&'static str, Shape, &'static str, &'static str);

/// A member as a call names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) required: bool,
    /// Nothing where the table has no such word, which a test finds.
    pub(super) meaning: Option<&'static Meaning>,
}

impl Member {
    /// Reads `name`, `name?`, `name=meaning` or `name?=meaning`.
    pub(super) fn of(written: &'static str) -> Self {
        let (name, word) = written.split_once('=').unwrap_or((written, written));
        let word = word.strip_suffix('?').unwrap_or(word);
        let meaning = MEANINGS.iter().find(|(known, ..)| *known == word);
        Self { name: name.strip_suffix('?').unwrap_or(name), required: !name.ends_with('?'), meaning }
    }

    pub(super) fn schema(&self) -> Value {
        let Some((_, shape, example, sentence)) = self.meaning else { return json!({}) };
        let mut schema = shape.schema();
        if let Some(members) = schema.as_object_mut() {
            members.insert("description".to_owned(), json!(sentence));
            // Null stands for no example where nothing is null.
            if let Ok(example) = serde_json::from_str::<Value>(example)
                && (!example.is_null() || matches!(shape, Shape::OrNull(_)))
            {
                members.insert("examples".to_owned(), json!([example]));
            }
        }
        schema
    }
}

/// The schema of a record with these members.
pub(super) fn record(members: &'static [&'static str]) -> Value {
    let members: Vec<Member> = members.iter().map(|written| Member::of(written)).collect();
    let required: Vec<_> =
        members.iter().filter(|member| member.required).map(|member| member.name).collect();
    let properties: Map<String, Value> =
        members.iter().map(|member| (member.name.to_owned(), member.schema())).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if let (Some(schema), false) = (schema.as_object_mut(), required.is_empty()) {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// A parameter in an address.
pub(super) fn parameter(member: &Member, place: &str) -> Value {
    json!({"name": member.name, "in": place, "required": member.required, "schema": member.schema()})
}

impl Shape {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Like(pattern) => json!({"type": "string", "pattern": pattern}),
            Self::Base64url => {
                json!({"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "contentEncoding": "base64url"})
            }
            Self::Address => json!({"type": "string", "format": "uri"}),
            Self::Day => json!({"type": "string", "format": "date"}),
            Self::Moment => json!({"type": "string", "format": "date-time"}),
            Self::Number(least, most) => {
                json!({"type": "integer", "format": "int64", "minimum": least, "maximum": most})
            }
            Self::Flag => json!({"type": "boolean"}),
            Self::OneOf(words) => json!({"type": "string", "enum": words}),
            Self::Record(members) => record(members),
            Self::Any => json!({"type": "object"}),
            Self::List(of) => json!({"type": "array", "items": of.schema()}),
            Self::OrNull(of) => json!({"anyOf": [of.schema(), {"type": "null"}]}),
        }
    }

    /// The same in a word or two, for people.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Text | Self::Like(_) => "text".to_owned(),
            Self::Base64url => "base64url".to_owned(),
            Self::Address => "address".to_owned(),
            Self::Day => "day".to_owned(),
            Self::Moment => "moment".to_owned(),
            Self::Number(..) => "number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::OneOf(words) => words.join(" | "),
            Self::Record(_) | Self::Any => "record".to_owned(),
            Self::List(of) => format!("list of {}", of.in_words()),
            Self::OrNull(of) => format!("{} or null", of.in_words()),
        }
    }

    /// The members inside, where it has some.
    pub(super) const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Record(members) => members,
            Self::List(of) | Self::OrNull(of) => of.members(),
            _ => &[],
        }
    }
}

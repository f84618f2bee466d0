//! Element values as JSON (RFC 8949, 6.1), for queries and for people.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use trust::cbor::{Item, Kind};

/// `{namespace: {element: value}}`.
pub(super) fn namespaces<'a>(elements: impl Iterator<Item = (&'a str, &'a str, Option<Item<'a>>)>) -> Value {
    let mut namespaces = Map::new();
    for (namespace, identifier, item) in elements {
        let namespace = namespaces.entry(namespace).or_insert_with(|| Map::new().into());
        if let Some(namespace) = namespace.as_object_mut() {
            namespace.insert(identifier.to_owned(), item.map_or(Value::Null, |item| value(&item)));
        }
    }
    namespaces.into()
}

/// What JSON has no form for becomes `null`. The depth was bounded when the bytes were scanned.
fn value(item: &Item<'_>) -> Value {
    match item.kind() {
        Kind::Unsigned => item.as_uint().map_or(Value::Null, Value::from),
        Kind::Negative => item.as_int().map_or(Value::Null, Value::from),
        Kind::Bytes => item.as_bytes().map_or(Value::Null, |bytes| URL_SAFE_NO_PAD.encode(bytes).into()),
        Kind::Text => item.as_text().map_or(Value::Null, Value::from),
        Kind::Array => item.as_array().map_or(Value::Null, |items| items.map(|item| value(&item)).collect()),
        Kind::Map => item.as_map().map_or(Value::Null, |entries| {
            let entries = entries.map(|(key, item)| (key_text(&key), value(&item)));
            Value::Object(entries.collect())
        }),
        Kind::Tag => item.as_tag().map_or(Value::Null, |(_, item)| value(&item)),
        Kind::Simple => item.as_bool().map_or(Value::Null, Value::Bool),
        Kind::Float => Value::Null,
    }
}

fn key_text(key: &Item<'_>) -> String {
    match key.as_text() {
        Ok(text) => text.to_owned(),
        Err(_) => value(key).to_string(),
    }
}

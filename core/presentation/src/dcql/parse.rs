//! A query from its JSON form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{ClaimQuery, CredentialQuery, CredentialSet, DcqlError, Format, Path, Query, TrustedAuthority};

/// Longest array anywhere in a query.
const MOST: usize = 256;

impl Query {
    /// Reads the object `dcql_query`. The JSON must have been read without repeated members.
    ///
    /// # Errors
    /// The first [`DcqlError`] found.
    pub fn parse(value: &Value) -> Result<Self, DcqlError> {
        let query = value.as_object().ok_or(DcqlError::Member("dcql_query"))?;
        let credentials: Vec<CredentialQuery> =
            array(query, "credentials")?.iter().map(CredentialQuery::parse).collect::<Result<_, _>>()?;
        let ids: Vec<&str> = credentials.iter().map(|query| query.id.as_str()).collect();
        refuse_twice(&ids)?;
        let sets = match optional_array(query, "credential_sets")? {
            Some(sets) => sets.iter().map(|set| CredentialSet::parse(set, &ids)).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(Self { credential_sets: sets, credentials })
    }
}

impl CredentialQuery {
    fn parse(value: &Value) -> Result<Self, DcqlError> {
        let query = value.as_object().ok_or(DcqlError::Member("credentials"))?;
        let format = match query.get("format").and_then(Value::as_str) {
            Some("mso_mdoc") => Format::MsoMdoc,
            Some("dc+sd-jwt") => Format::SdJwtVc,
            Some(other) if !other.is_empty() => Format::Other(other.to_owned()),
            _ => return Err(DcqlError::Member("format")),
        };
        let meta = query.get("meta").and_then(Value::as_object).ok_or(DcqlError::Member("meta"))?;
        let claims = optional_array(query, "claims")?;
        let claim_sets = optional_array(query, "claim_sets")?;
        if claim_sets.is_some() && claims.is_none() {
            return Err(DcqlError::ClaimSetsWithoutClaims);
        }
        let claims: Vec<ClaimQuery> =
            claims.unwrap_or_default().iter().map(ClaimQuery::parse).collect::<Result<_, _>>()?;
        let ids: Vec<&str> = claims.iter().filter_map(|claim| claim.id.as_deref()).collect();
        refuse_twice(&ids)?;
        if claim_sets.is_some() && ids.len() != claims.len() {
            return Err(DcqlError::Member("id"));
        }
        let claim_sets = claim_sets.unwrap_or_default().iter().map(|set| places(set, &ids, "claim_sets"));
        Ok(Self {
            id: identifier(query)?.ok_or(DcqlError::Member("id"))?,
            types: types(&format, meta)?,
            multiple: boolean(query, "multiple", false)?,
            authorities: optional_array(query, "trusted_authorities")?
                .unwrap_or_default()
                .iter()
                .map(TrustedAuthority::parse)
                .collect::<Result<_, _>>()?,
            holder_binding: boolean(query, "require_cryptographic_holder_binding", true)?,
            claim_sets: claim_sets.collect::<Result<_, _>>()?,
            claims,
            format,
        })
    }
}

/// The types in `meta` (B.2.3, B.3.5); an empty `meta` asks for none in particular (section 6.1).
fn types(format: &Format, meta: &Map<String, Value>) -> Result<Vec<String>, DcqlError> {
    match format {
        _ if meta.is_empty() => Ok(Vec::new()),
        Format::MsoMdoc => match meta.get("doctype_value") {
            Some(Value::String(doctype)) if !doctype.is_empty() => Ok(vec![doctype.clone()]),
            _ => Err(DcqlError::Member("doctype_value")),
        },
        Format::SdJwtVc => strings(meta, "vct_values"),
        Format::Other(_) => Ok(Vec::new()),
    }
}

impl ClaimQuery {
    fn parse(value: &Value) -> Result<Self, DcqlError> {
        let claim = value.as_object().ok_or(DcqlError::Member("claims"))?;
        let values = optional_array(claim, "values")?.unwrap_or_default();
        let comparable = |value: &Value| match value {
            Value::Number(number) => number.is_i64() || number.is_u64(),
            other => other.is_string() || other.is_boolean(),
        };
        if !values.iter().all(comparable) {
            return Err(DcqlError::Member("values"));
        }
        Ok(Self {
            id: identifier(claim)?,
            path: Path::parse(claim.get("path"))?,
            values: values.to_vec(),
            intent_to_retain: boolean(claim, "intent_to_retain", false)?,
        })
    }
}

impl TrustedAuthority {
    fn parse(value: &Value) -> Result<Self, DcqlError> {
        let authority = value.as_object().ok_or(DcqlError::Member("trusted_authorities"))?;
        let values = strings(authority, "values")?;
        match authority.get("type").and_then(Value::as_str) {
            Some("aki") => {
                let decode = |value: &String| URL_SAFE_NO_PAD.decode(value);
                let identifiers: Result<_, _> = values.iter().map(decode).collect();
                identifiers.map(Self::KeyIdentifiers).map_err(|_| DcqlError::Member("values"))
            }
            Some(_) => Ok(Self::Unknown),
            None => Err(DcqlError::Member("type")),
        }
    }
}

impl CredentialSet {
    fn parse(value: &Value, ids: &[&str]) -> Result<Self, DcqlError> {
        let set = value.as_object().ok_or(DcqlError::Member("credential_sets"))?;
        let options = array(set, "options")?.iter().map(|option| match option {
            Value::Array(names) if names.is_empty() => Err(DcqlError::Member("options")),
            option => places(option, ids, "options"),
        });
        Ok(Self { options: options.collect::<Result<_, _>>()?, required: boolean(set, "required", true)? })
    }
}

/// The places of the named among the identifiers.
fn places(names: &Value, ids: &[&str], member: &'static str) -> Result<Vec<usize>, DcqlError> {
    let names = names.as_array().ok_or(DcqlError::Member(member))?;
    if names.len() > MOST {
        return Err(DcqlError::TooLarge);
    }
    let place = |name: &Value| {
        let name = name.as_str().ok_or(DcqlError::Member(member))?;
        ids.iter().position(|id| *id == name).ok_or(DcqlError::UnknownIdentifier)
    };
    names.iter().map(place).collect()
}

fn identifier(object: &Map<String, Value>) -> Result<Option<String>, DcqlError> {
    match object.get("id") {
        None => Ok(None),
        Some(Value::String(id)) if id.is_empty() => Err(DcqlError::Member("id")),
        Some(Value::String(id)) => {
            let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
            if id.bytes().all(fits) { Ok(Some(id.clone())) } else { Err(DcqlError::Identifier) }
        }
        Some(_) => Err(DcqlError::Member("id")),
    }
}

fn refuse_twice(ids: &[&str]) -> Result<(), DcqlError> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == ids.len() { Ok(()) } else { Err(DcqlError::IdentifierTwice) }
}

fn boolean(object: &Map<String, Value>, name: &'static str, default: bool) -> Result<bool, DcqlError> {
    match object.get(name) {
        None => Ok(default),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(DcqlError::Member(name)),
    }
}

fn array<'a>(object: &'a Map<String, Value>, name: &'static str) -> Result<&'a [Value], DcqlError> {
    optional_array(object, name)?.ok_or(DcqlError::Member(name))
}

/// An array that is not empty, where there is one.
fn optional_array<'a>(
    object: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a [Value]>, DcqlError> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::Array(elements)) if elements.len() > MOST => Err(DcqlError::TooLarge),
        Some(Value::Array(elements)) if !elements.is_empty() => Ok(Some(elements)),
        Some(_) => Err(DcqlError::Member(name)),
    }
}

fn strings(object: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, DcqlError> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(DcqlError::Member(name));
    array(object, name)?.iter().map(text).collect()
}

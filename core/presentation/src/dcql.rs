//! What a verifier asks for: the Digital Credentials Query Language (OpenID4VP 1.0, section 6), read strictly and matched
//! against credentials of any format.
//!
//! A wallet [selects](Query::select) what it could show; a verifier asks of each presentation whether its query
//! [accepts](CredentialQuery::claims_in) it and of all together whether they are [complete](Query::is_complete). Members that are
//! not known are ignored, as the specification wants; what is known is taken only in its exact form.
//!
//! ```
//! use sen_presentation::dcql::{Candidate, Format, Query};
//! let query = serde_json::json!({"credentials": [{
//!     "id": "person", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:person"]},
//!     "claims": [{"path": ["name"]}, {"path": ["age_over_18"], "values": [true]}],
//! }]});
//! let query = Query::parse(&query).unwrap();
//! let claims = serde_json::json!({"name": "Nguyễn Thị Mẫu", "age_over_18": true, "address": "000"});
//! let held = Candidate {
//!     format: Format::SdJwtVc,
//!     types: vec!["urn:example:person".to_owned()],
//!     claims: &claims,
//!     authority_key_ids: &[],
//!     holder_bound: true,
//! };
//! let selection = query.select(&[held]).unwrap();
//! let shown: Vec<String> = selection[0].matches[0].claims.iter().map(ToString::to_string).collect();
//! assert_eq!(shown, ["name", "age_over_18"]);
//! ```

mod parse;
mod path;
mod select;
#[cfg(test)]
mod tests;

pub use credential::sd_jwt::Step;
pub use path::{Path, Pointer, Segment};
pub use select::{Answer, Match, NotSatisfied};

use serde_json::Value;

/// Why a query is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DcqlError {
    /// The member of this name is missing, empty, or has the wrong type.
    #[error("{0} is missing, empty or of the wrong type")]
    Member(&'static str),
    /// An identifier holds something else than letters, digits, `_` and `-`.
    #[error("an identifier holds other characters than letters, digits, _ and -")]
    Identifier,
    /// Two queries, or two claims of one query, have the same identifier.
    #[error("an identifier stands twice")]
    IdentifierTwice,
    /// A set names an identifier that no query, or no claim of its query, has.
    #[error("a set names what is not there")]
    UnknownIdentifier,
    /// `claim_sets` stands where `claims` does not (section 6.4.1).
    #[error("claim_sets without claims")]
    ClaimSetsWithoutClaims,
    /// More credentials, claims, sets or values than any honest query has.
    #[error("the query is too large")]
    TooLarge,
}

/// A Credential Format Identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `mso_mdoc`: ISO/IEC 18013-5.
    MsoMdoc,
    /// `dc+sd-jwt`: SD-JWT VC.
    SdJwtVc,
    /// One that this project does not know: no credential here has it.
    Other(String),
}

impl Format {
    /// The identifier.
    pub fn as_str(&self) -> &str {
        match self {
            Self::MsoMdoc => "mso_mdoc",
            Self::SdJwtVc => "dc+sd-jwt",
            Self::Other(name) => name,
        }
    }
}

/// A parsed query: every identifier in it is unique, and every set names what is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    credentials: Vec<CredentialQuery>,
    credential_sets: Vec<CredentialSet>,
}

/// A query for one credential, or for several where `multiple` says so (section 6.1).
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialQuery {
    id: String,
    format: Format,
    multiple: bool,
    types: Vec<String>,
    authorities: Vec<TrustedAuthority>,
    holder_binding: bool,
    claims: Vec<ClaimQuery>,
    claim_sets: Vec<Vec<usize>>,
}

/// A query for one claim (section 6.3).
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimQuery {
    id: Option<String>,
    path: Path,
    values: Vec<Value>,
    intent_to_retain: bool,
}

/// Which issuers will do (section 6.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedAuthority {
    /// A certificate of the credential's chain names one of these keys as its signer's.
    KeyIdentifiers(Vec<Vec<u8>>),
    /// A kind of list that this project cannot look into: nothing matches it.
    Unknown,
}

/// Alternatives of which one will do (section 6.2); each names queries by their place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CredentialSet {
    options: Vec<Vec<usize>>,
    required: bool,
}

/// A credential as far as a query looks at it, whatever its format.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Its format.
    pub format: Format,
    /// Its type and the types that it stands for as well: the `vct` and its `aka_vcts`, or the document type.
    pub types: Vec<String>,
    /// Its claims. Of an SD-JWT the payload with its disclosures filled in; for a verifier with the elements of arrays where the
    /// issuer signed them (`SdJwt::claims_as_signed`), so that an index means the same to both sides. Of an mdoc an object of
    /// namespaces, each an object of elements, whose values are converted as RFC 8949, section 6.1 says.
    pub claims: &'a Value,
    /// `AuthorityKeyIdentifier` key identifiers (RFC 5280, 4.2.1.1) of the certificates in its chain.
    pub authority_key_ids: &'a [Vec<u8>],
    /// Whether it is bound to a key of the holder.
    pub holder_bound: bool,
}

impl Query {
    /// Every credential that is asked for.
    pub fn credentials(&self) -> &[CredentialQuery] {
        &self.credentials
    }

    /// Whether this query, read as a list of what may be asked, holds a claim of a credential. Values, sets and authorities
    /// play no part: they ask for less, not for more.
    pub fn allows(&self, credential: &Candidate<'_>, claim: &Pointer) -> bool {
        self.credentials.iter().any(|allowed| {
            allowed.format == credential.format
                && allowed.types.iter().any(|one| credential.types.contains(one))
                && allowed.claims.iter().any(|allowed| allowed.path.covers(claim))
        })
    }

    /// The query with this identifier.
    pub fn credential(&self, id: &str) -> Option<&CredentialQuery> {
        self.credentials.iter().find(|query| query.id == id)
    }
}

impl CredentialQuery {
    /// Its identifier: the answer's key in the `vp_token`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The format asked for.
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// Whether several credentials may answer it.
    pub const fn multiple(&self) -> bool {
        self.multiple
    }

    /// The types of which one will do; empty where any will.
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// Whether the holder has to prove the possession of the key.
    pub const fn requires_holder_binding(&self) -> bool {
        self.holder_binding
    }

    /// The claims that are asked for; empty where only what is always shown is.
    pub fn claims(&self) -> &[ClaimQuery] {
        &self.claims
    }
}

impl ClaimQuery {
    /// Where the claim stands.
    pub const fn path(&self) -> &Path {
        &self.path
    }

    /// The values of which the claim must have one; empty where any will do.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Whether the verifier says that it will keep the claim (ISO/IEC 18013-5); for mdoc alone.
    pub const fn intent_to_retain(&self) -> bool {
        self.intent_to_retain
    }
}

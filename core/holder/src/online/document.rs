//! The stored documents as a query sees them, and their presentations.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::mdoc::{DeviceDraft, IssuerSigned, KeyAuthorizations, SessionTranscript};
use credential::sd_jwt::{self, KeyBinding, SdJwt};
use presentation::dcql::{Candidate, Format, Pointer, Step};
use presentation::openid4vp::{
    AUTHENTICATION_LEVEL, DeviceStatement, LEVEL_POLICY, MATCHED_NUMBER, TRANSACTION_NAMESPACE,
    TransactionData, VerifiedRequest,
};
use serde_json::Value;
use trust::certificates::Certificate;
use trust::time::Timestamp;

use super::OnlineError;
use crate::Error;
use crate::documents::{DocumentFormat, DocumentRecord};
use crate::keys::SigningKey;

/// A stored document, read.
pub(super) struct Held {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) issuer: String,
    pub(super) issued_at: i64,
    format: Format,
    types: Vec<String>,
    claims: Value,
    authority_key_ids: Vec<Vec<u8>>,
    /// What the key of an mdoc may sign.
    authorizations: Option<KeyAuthorizations>,
    /// A copy has a key that asks at each use.
    has_approving_copy: bool,
}

impl Held {
    /// `None` where no copy is left.
    pub(super) fn read(id: String, record: DocumentRecord) -> Result<Option<Self>, Error> {
        let Some(copy) = record.next_copy() else { return Ok(None) };
        let has_approving_copy = record.approving_copy().is_some();
        let mut authorizations = None;
        let (format, types, claims, chain) = match record.format {
            DocumentFormat::Mdoc => {
                let mdoc = IssuerSigned::parse(&copy.bytes).map_err(|_| OnlineError::Bug)?;
                let chain: Vec<Vec<u8>> = mdoc.chain().iter().map(|der| der.to_vec()).collect();
                authorizations = Some(mdoc.authorizations().clone());
                (Format::MsoMdoc, vec![mdoc.doc_type().to_owned()], mdoc.to_json(), chain)
            }
            DocumentFormat::SdJwt => {
                let text = std::str::from_utf8(&copy.bytes).map_err(|_| OnlineError::Bug)?;
                let sd_jwt = SdJwt::parse(text).map_err(|_| OnlineError::Bug)?;
                let claims = sd_jwt.claims().clone();
                let also = claims.get("aka_vcts").and_then(Value::as_array).into_iter().flatten();
                let types = claims.get("vct").into_iter().chain(also).filter_map(Value::as_str);
                let types = types.map(str::to_owned).collect();
                // A credential under a known key names no certificates.
                let chain = sd_jwt.certificates().unwrap_or_default();
                (Format::SdJwtVc, types, Value::Object(claims), chain)
            }
        };
        Ok(Some(Self {
            id,
            kind: record.kind,
            issuer: record.issuer,
            issued_at: record.issued_at,
            authority_key_ids: authority_key_ids(&chain),
            format,
            types,
            claims,
            authorizations,
            has_approving_copy,
        }))
    }

    /// Whether its key may sign an approval: for an SD-JWT VC the standard says so, for an mdoc its issuer has to.
    pub(super) fn may_approve(&self, data: &TransactionData) -> bool {
        self.authorizations.as_ref().is_none_or(|allowed| DeviceStatement::allowed_by(allowed, data))
    }

    /// Whether a key of it may and asks the person at each use.
    pub(super) fn can_approve(&self, data: &TransactionData) -> bool {
        self.has_approving_copy && self.may_approve(data)
    }

    pub(super) fn candidate(&self) -> Candidate<'_> {
        Candidate {
            format: self.format.clone(),
            types: self.types.clone(),
            claims: &self.claims,
            authority_key_ids: &self.authority_key_ids,
            // Every copy in the wallet has a key.
            holder_bound: true,
        }
    }
}

fn authority_key_ids(chain: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let certificates = chain.iter().filter_map(|der| Certificate::parse(der).ok());
    certificates.filter_map(|certificate| certificate.authority_key_id().map(<[u8]>::to_vec)).collect()
}

/// What a presentation is bound to.
pub(super) struct Binding<'a> {
    pub(super) request: &'a VerifiedRequest,
    /// What this presentation approves.
    pub(super) transaction: Option<&'a TransactionData>,
    pub(super) matched_number: Option<&'a str>,
    /// How the person was recognised.
    pub(super) level: u8,
    pub(super) issued_at: Timestamp,
}

/// A presentation with these claims alone, signed by the document's key.
pub(super) fn present(
    format: DocumentFormat,
    bytes: &[u8],
    claims: &[Pointer],
    binding: &Binding<'_>,
    key: &SigningKey,
) -> Result<String, Error> {
    match format {
        DocumentFormat::Mdoc => mdoc(bytes, claims, binding, key),
        DocumentFormat::SdJwt => sd_jwt(bytes, claims, binding, key),
    }
}

fn mdoc(bytes: &[u8], claims: &[Pointer], binding: &Binding<'_>, key: &SigningKey) -> Result<String, Error> {
    let element = |claim| match Pointer::steps(claim) {
        [Step::Key(namespace), Step::Key(identifier)] => Some((&**namespace, &**identifier)),
        _ => None,
    };
    let disclosed: Option<Vec<(&str, &str)>> = claims.iter().map(element).collect();
    let mut disclosed = disclosed.ok_or(OnlineError::Bug)?;
    let issued = IssuerSigned::parse(bytes).map_err(|_| OnlineError::Bug)?;
    let signed = match binding.transaction {
        Some(data) => DeviceStatement::approval(data, binding.level, binding.matched_number),
        None if DeviceStatement::may_tell_level(issued.authorizations()) => {
            vec![DeviceStatement::level_element(binding.level)]
        }
        None => Vec::new(),
    };
    // What the issuer says of the key goes with the level: without it the level is this wallet's word alone.
    let policy = (TRANSACTION_NAMESPACE, LEVEL_POLICY);
    let has_policy = issued.elements().iter().any(|one| (one.namespace(), one.identifier()) == policy);
    if !signed.is_empty() && has_policy && !disclosed.contains(&policy) {
        disclosed.push(policy);
    }
    let request = binding.request;
    let thumbprint = request.encryption_key().map(|key| key.jwk().thumbprint());
    let transcript = SessionTranscript::openid4vp(
        request.client_id().as_str(),
        request.nonce(),
        thumbprint.as_ref(),
        request.reply_to().response_uri(),
    );
    let draft = DeviceDraft::new(bytes, &disclosed, &signed, &transcript);
    let draft = draft.map_err(|_| OnlineError::Bug)?;
    let signature = key.sign(&draft.to_be_signed())?;
    Ok(URL_SAFE_NO_PAD.encode(draft.assemble(&signature)))
}

/// With a key binding also where the verifier asks for none: what is bound cannot be shown again by somebody else.
fn sd_jwt(
    bytes: &[u8],
    claims: &[Pointer],
    binding: &Binding<'_>,
    key: &SigningKey,
) -> Result<String, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| OnlineError::Bug)?;
    let wanted: Vec<Vec<Step>> = claims.iter().map(|claim| claim.steps().to_vec()).collect();
    let selected = sd_jwt::select(text, &wanted).map_err(|_| OnlineError::Bug)?;
    let transaction: Vec<&str> = binding.transaction.iter().map(|data| data.received()).collect();
    let key_binding = KeyBinding {
        audience: binding.request.client_id().as_str(),
        nonce: binding.request.nonce(),
        issued_at: binding.issued_at,
        transaction_data: &transaction,
        names_hash: binding.transaction.is_some_and(TransactionData::names_algorithm),
    };
    let number = binding.matched_number.map(|number| (MATCHED_NUMBER.to_owned(), number.into()));
    let level = (AUTHENTICATION_LEVEL.to_owned(), binding.level.into());
    let draft = key_binding.prepare_with(&selected, number.into_iter().chain([level]).collect());
    let draft = draft.map_err(|_| OnlineError::Bug)?;
    let signature = key.sign(draft.to_be_signed())?;
    Ok(draft.assemble(&signature))
}

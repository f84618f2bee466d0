//! EF.CardSecurity (9303-11, 9.2.11): the chip's static keys, signed by a document signer. What the chip
//! authentication mapping of PACE proves is proven of these keys.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use trust::time::Timestamp;

use crate::access::chip_key::chip_keys;
use crate::access::pace::MappingProof;
use crate::asn1::{Element, SET};
use crate::document::{ChipOutcome, Reason};
use crate::file_id::FileId;
use crate::passive::SecurityObject;
use crate::passive::anchors::CscaAnchors;
use crate::passive::chain::find_issuer;
use crate::passive::signed_data::SignedData;
use crate::signature::Verdict;

/// 0.4.0.127.0.7.3.2.1, id-SecurityObject.
const SECURITY_OBJECT: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x03, 0x02, 0x01];

/// Whether the mapping proves one of the keys of this file, whoever signed it.
pub(crate) fn proves_a_key(proof: &MappingProof, file: &[u8]) -> Result<bool, Reason> {
    let signed = parse(file)?;
    let keys = chip_keys(Element::whole(&signed.content)?.tagged(SET)?.inside())?;
    // Real cards have several keys on one curve, and nothing says which of them the mapping is for.
    Ok(keys.iter().any(|key| key.parameters == proof.parameters && proof.proves(&key.public)))
}

/// What the mapping came to: the reader's word, if a believed country signed the key. Where nobody is believed who signed it, that
/// fails the chip only beside a document which a believed country signed: else nothing can be told of either.
pub(crate) fn mapping_outcome(
    proof: &MappingProof,
    files: &BTreeMap<FileId, Vec<u8>>,
    anchors: &CscaAnchors,
    now: Timestamp,
) -> ChipOutcome {
    let judged = (|| {
        let file = files.get(&FileId::CardSecurity).ok_or(Reason::Malformed)?;
        if !proves_a_key(proof, file)? {
            return Err(Reason::SignatureInvalid);
        }
        let signed = parse(file)?;
        let signer = signed.signer_certificate().ok_or(Reason::SignatureInvalid)?;
        match signed.verify(signer) {
            Verdict::Valid => find_issuer(signer, anchors, now),
            Verdict::Invalid => Err(Reason::SignatureInvalid),
            Verdict::Unsupported => Err(Reason::UnsupportedAlgorithm),
        }
    })();
    match judged {
        Ok(Some(_)) => ChipOutcome::AssertedByReader,
        Ok(None) if is_of_believed_country(files, anchors, now) => ChipOutcome::Failed(Reason::ChainInvalid),
        Ok(None) => ChipOutcome::NotDone,
        Err(reason) => ChipOutcome::Failed(reason),
    }
}

/// Whether a believed country signed the document.
fn is_of_believed_country(files: &BTreeMap<FileId, Vec<u8>>, anchors: &CscaAnchors, now: Timestamp) -> bool {
    let object = files.get(&FileId::Sod).and_then(|sod| SecurityObject::parse(sod).ok());
    let signer = object.as_ref().and_then(|object| object.verify_signature().ok());
    signer.is_some_and(|signer| matches!(find_issuer(signer, anchors, now), Ok(Some(_))))
}

fn parse(file: &[u8]) -> Result<SignedData, Reason> {
    let signed = SignedData::parse(Element::first(file)?.raw)?;
    if signed.holds(SECURITY_OBJECT) { Ok(signed) } else { Err(Reason::Malformed) }
}

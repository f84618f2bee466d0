//! What the document signer signs: the digests of the data groups in EF.SOD and the public keys in EF.CardSecurity (ICAO
//! Doc 9303-10, 4.6.2; 9303-11, 9.2.10; RFC 5652).
use std::collections::BTreeMap;

use trust::random::Random;
use trust::time::Timestamp;

use super::FactoryError;
use super::authority::{Authority, csca_name};
use super::encoding::{context, integer, octet_string, oid, printable, sequence, set_of, time};
use super::signer::hash_algorithm;
use crate::chip::FileName;
use crate::chip::objects::encode;

/// id-signedData.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// id-icao-mrtd-security-ldsSecurityObject.
const SECURITY_OBJECT: [u8; 6] = [0x67, 0x81, 0x08, 0x01, 0x01, 0x01];
/// id-SecurityObject, bsi-de 3 2 1.
const CARD_SECURITY: [u8; 8] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x03, 0x02, 0x01];
/// Attributes of a signature: content type, digest, time.
const CONTENT_TYPE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SIGNING_TIME: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];

/// Signs the digests of all data groups among the files.
pub(super) fn sod(
    authority: &Authority,
    files: &BTreeMap<FileName, Vec<u8>>,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<u8>, FactoryError> {
    let function = authority.signer.hash();
    let hash = hash_algorithm(function);
    let digests: Vec<_> = (1..=16)
        .filter_map(|number| files.get(&FileName::data_group(number)).map(|file| (number, file)))
        .map(|(number, file)| sequence(&[integer(&[number]), octet_string(&function.digest(file))]))
        .collect();
    let content = sequence(&[
        integer(&[1]),
        hash,
        sequence(&digests),
        sequence(&[printable("0108"), printable("040000")]),
    ]);

    Ok(encode(0x77, &signed_data(authority, &SECURITY_OBJECT, &content, now, random)?))
}

/// EF.CardSecurity around its SecurityInfos.
pub(super) fn card_security(
    authority: &Authority,
    infos: &[u8],
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<u8>, FactoryError> {
    signed_data(authority, &CARD_SECURITY, infos, now, random)
}

fn signed_data(
    authority: &Authority,
    kind: &[u8],
    content: &[u8],
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<Vec<u8>, FactoryError> {
    let function = authority.signer.hash();
    let hash = hash_algorithm(function);
    let attribute = |kind: &[u8], value: Vec<u8>| sequence(&[oid(kind), encode(0x31, &value)]);
    let attributes = set_of(vec![
        attribute(&CONTENT_TYPE, oid(kind)),
        attribute(&MESSAGE_DIGEST, octet_string(&function.digest(content))),
        attribute(&SIGNING_TIME, time(now)?),
    ]);
    let signature = authority.signer.sign(&attributes, random)?;
    // Signed as a SET, sent as an implicit [0] (RFC 5652, 5.4).
    let mut implicit = attributes;
    if let Some(tag) = implicit.first_mut() {
        *tag = 0xa0;
    }
    let signer_info = sequence(&[
        integer(&[1]),
        sequence(&[csca_name(), integer(&authority.signer_serial)]),
        hash.clone(),
        implicit,
        authority.signer.algorithm()?,
        octet_string(&signature),
    ]);
    let signed = sequence(&[
        integer(&[3]),
        set_of(vec![hash]),
        sequence(&[oid(kind), context(0, &[octet_string(content)])]),
        context(0, &[&authority.signer_certificate]),
        set_of(vec![signer_info]),
    ]);
    Ok(sequence(&[oid(&SIGNED_DATA), context(0, &[signed])]))
}

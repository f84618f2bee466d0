//! EF.DG14 and EF.CardAccess: what the chip can prove and how (9303-11, 9.2). EF.DG15: the key of Active
//! Authentication.
use der::oid::ObjectIdentifier;

use super::LdsError;
use crate::asn1::{Element, INTEGER, Malformed, OID, SEQUENCE, SET};
use crate::signature::{Hash, PublicKey, Scheme};

/// One SecurityInfo. Protocols are object identifiers with dots.
#[derive(Clone, Debug)]
pub enum SecurityInfo {
    /// Active Authentication by ECDSA with that hash; nothing where the algorithm is not known here.
    ActiveAuthentication(Option<Hash>),
    /// Chip Authentication.
    ChipAuthentication {
        /// Agreement and cipher.
        protocol: String,
        /// Its version.
        version: u32,
        /// Which key, where the chip has several.
        key_id: Option<u32>,
    },
    /// A key of Chip Authentication.
    ChipAuthenticationKey {
        /// Kind of the key.
        protocol: String,
        /// The key.
        key: PublicKey,
        /// Its number, where the chip has several.
        key_id: Option<u32>,
    },
    /// Terminal Authentication of that version.
    TerminalAuthentication(u32),
    /// PACE.
    Pace {
        /// Mapping, agreement and cipher.
        protocol: String,
        /// Its version.
        version: u32,
        /// Number of the standardised domain parameters.
        parameter_id: Option<u32>,
    },
    /// Anything else.
    Unknown(String),
}

/// 2.23.136.1.1.5.
const ACTIVE_AUTHENTICATION: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x05];
/// 0.4.0.127.0.7.2.2, the protocols of BSI TR-03110.
const PROTOCOLS: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02];

/// Reads EF.DG14: `6E { SET OF SecurityInfo }`.
pub fn dg14(file: &[u8]) -> Result<Vec<SecurityInfo>, LdsError> {
    security_infos(Element::first(file)?.tagged(0x6e)?.value)
}

/// Reads EF.CardAccess: `SET OF SecurityInfo`.
pub fn card_access(file: &[u8]) -> Result<Vec<SecurityInfo>, LdsError> {
    security_infos(file)
}

/// Reads EF.DG15: `6F { SubjectPublicKeyInfo }`.
pub fn dg15(file: &[u8]) -> Result<PublicKey, LdsError> {
    Ok(PublicKey::from_info(Element::whole(Element::first(file)?.tagged(0x6f)?.value)?)?)
}

fn security_infos(set: &[u8]) -> Result<Vec<SecurityInfo>, LdsError> {
    let infos = Element::first(set)?.tagged(SET)?.inside().all()?;
    infos.into_iter().map(|info| Ok(security_info(info)?)).collect()
}

/// `SecurityInfo ::= SEQUENCE { protocol OID, requiredData ANY, optionalData ANY OPTIONAL }`.
fn security_info(info: Element<'_>) -> Result<SecurityInfo, Malformed> {
    let mut parts = info.tagged(SEQUENCE)?.inside();
    let oid = parts.expect(OID)?.value;
    let protocol = ObjectIdentifier::from_bytes(oid).map_err(|_| Malformed)?.to_string();
    let required = parts.next()?;
    let number = parts.optional(INTEGER)?.map(Element::small).transpose();
    Ok(match oid.strip_prefix(PROTOCOLS) {
        None if oid == ACTIVE_AUTHENTICATION => {
            let hash = match Scheme::plain(parts.expect(OID)?.value) {
                Some(Scheme::PlainEcdsa(hash)) => Some(hash),
                _ => None,
            };
            SecurityInfo::ActiveAuthentication(hash)
        }
        Some([1, 1 | 2]) => SecurityInfo::ChipAuthenticationKey {
            protocol,
            key: PublicKey::from_info(required)?,
            key_id: number?,
        },
        Some([2]) => SecurityInfo::TerminalAuthentication(required.small()?),
        Some([3, 1 | 2, _]) => {
            SecurityInfo::ChipAuthentication { protocol, version: required.small()?, key_id: number? }
        }
        Some([4, 1..=6, _]) => {
            SecurityInfo::Pace { protocol, version: required.small()?, parameter_id: number? }
        }
        _ => SecurityInfo::Unknown(protocol),
    })
}

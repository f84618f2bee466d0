//! The certificate of a desk: its name and key, signed by an authority that the trust list allows to name desks.
use credential::claims::{cwt, key};
use trust::anchors::{Issuer, Trust};
use trust::cbor::{Encoder, Item};
use trust::confirmation;
use trust::cose::{ALG, Draft, ESP256, KID, Sign1, TYP};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::{ChallengeError, MOST_ASKED, can_be_shown, keys_of_map_169, sign1, write_keys};

/// The entry among an issuer's `vcts` in the trust list that lets it name desks, and nothing else.
pub const DESK_AUTHORITY: &str = "urn:vn:clinic-desk:1";
/// `typ` of the certificate: the experimental range of CoAP content formats (RFC 7252, 12.3).
pub(super) const DESK_CERTIFICATE: u64 = 65_003;

/// A certificate to be signed by the authority that names desks.
#[derive(Clone, Debug)]
pub struct DeskCertificateDraft<'a> {
    /// The authority, as the trust list names it: at most 8 characters.
    pub iss: &'a str,
    /// The authority's key, at most 8 bytes.
    pub kid: &'a [u8],
    /// What the phone shows and answers to: clinic and counter, 1 to 64 bytes without control characters. The authority sees to it that no two
    /// clinics bear one name.
    pub name: &'a str,
    /// The desk's key.
    pub key: &'a PublicKey,
    /// When it is signed.
    pub issued_at: Timestamp,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// Keys of map 169 that the desk may ask for, 1 to 32.
    pub may_ask: &'a [i64],
}

impl DeskCertificateDraft<'_> {
    /// The token that waits for the authority's signature.
    ///
    /// # Errors
    /// [`ChallengeError::Claim`] for what no phone would take.
    pub fn prepare(&self) -> Result<Draft, ChallengeError> {
        let wrong = [
            (KID, !(1..=8).contains(&self.kid.len())),
            (cwt::ISS, !(1..=8).contains(&self.iss.len())),
            (cwt::SUB, !can_be_shown(self.name)),
            (cwt::ASKED, !(1..=MOST_ASKED).contains(&self.may_ask.len())),
        ];
        if let Some((label, _)) = wrong.into_iter().find(|(_, is_wrong)| *is_wrong) {
            return Err(ChallengeError::Claim(label));
        }
        let mut protected = Encoder::new();
        protected.map(3).int(ALG).int(ESP256).int(KID).bytes(self.kid).int(TYP).uint(DESK_CERTIFICATE);
        let mut claims = Encoder::new();
        claims.map(6).int(cwt::ISS).text(self.iss).int(cwt::SUB).text(self.name);
        claims.int(cwt::EXP).int(self.expires_at.as_unix()).int(cwt::IAT).int(self.issued_at.as_unix());
        claims.int(cwt::CNF);
        confirmation::write(&mut claims, self.key);
        write_keys(&mut claims, self.may_ask);
        Ok(Draft::new(protected.finish(), vec![0xa0], claims.finish()))
    }
}

/// A parsed, unverified certificate.
#[derive(Clone, Debug)]
pub(super) struct DeskCertificate<'a> {
    token: Sign1<'a>,
    iss: &'a str,
    kid: &'a [u8],
    pub(super) name: &'a str,
    pub(super) key: PublicKey,
    issued_at: Timestamp,
    expires_at: Timestamp,
    pub(super) may_ask: Vec<i64>,
}

impl<'a> DeskCertificate<'a> {
    pub(super) fn from_item(item: Item<'a>) -> Result<Self, ChallengeError> {
        let token = sign1(item, DESK_CERTIFICATE, &[ALG, KID, TYP])?;
        let kid = token.header(KID).and_then(|kid| kid.as_bytes().ok());
        let kid = kid.filter(|kid| (1..=8).contains(&kid.len())).ok_or(ChallengeError::Claim(KID))?;
        let claims = token.payload_item()?.as_map()?;
        let known = [cwt::ISS, cwt::SUB, cwt::EXP, cwt::IAT, cwt::CNF, cwt::ASKED];
        if let Some(surplus) = claims.surplus(&known) {
            return Err(ChallengeError::Claim(surplus));
        }
        let claim = |label| claims.get_int(label).ok_or(ChallengeError::Claim(label));
        let text = |label, is_good: &dyn Fn(&str) -> bool| {
            claim(label)?.as_text().ok().filter(|text| is_good(text)).ok_or(ChallengeError::Claim(label))
        };
        let time = |label| {
            claim(label)?.as_int().map(Timestamp::from_unix).map_err(|_| ChallengeError::Claim(label))
        };
        let may_ask =
            keys_of_map_169(claims.get_int(cwt::ASKED))?.unwrap_or_else(|| key::CLINIC_SET.to_vec());
        Ok(Self {
            token,
            iss: text(cwt::ISS, &|iss| (1..=8).contains(&iss.len()))?,
            kid,
            name: text(cwt::SUB, &can_be_shown)?,
            key: confirmation::read(claim(cwt::CNF)?).ok_or(ChallengeError::Claim(cwt::CNF))?,
            issued_at: time(cwt::IAT)?,
            expires_at: time(cwt::EXP)?,
            may_ask,
        })
    }

    /// Checks that an authority which may name desks signed it, that it is in its time, and that the list does not withdraw the
    /// desk: its key stands among the issuers then, revoked, so that one stolen desk does not cost the others their authority.
    pub(super) fn verify<'t>(&self, trust: &'t Trust, now: Timestamp) -> Result<&'t Issuer, ChallengeError> {
        let authority = trust.issuer(self.iss, self.kid).ok_or(ChallengeError::UnknownAuthority)?;
        if !authority.may_issue(DESK_AUTHORITY, self.issued_at) {
            return Err(ChallengeError::UnknownAuthority);
        }
        self.token.verify(&authority.key).map_err(|_| ChallengeError::AuthoritySignature)?;
        if now < self.issued_at.minus_seconds(super::SKEW) || now >= self.expires_at {
            return Err(ChallengeError::CertificateExpired);
        }
        if trust.issuers().iter().any(|known| known.revoked && known.key == self.key) {
            return Err(ChallengeError::DeskWithdrawn);
        }
        Ok(authority)
    }
}

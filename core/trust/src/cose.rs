//! `COSE_Sign1` (RFC 9052, 4.2). The protected header and the payload are kept as received: signatures are checked
//! over those bytes and never over a re-encoding.
use crate::cbor::{Encoder, Error, Item, Profile};
use crate::p256::{PublicKey, SignatureInvalid};

/// Header `alg`, 1.
pub const ALG: i64 = 1;
/// Header `kid`, 4.
pub const KID: i64 = 4;
/// Header `kcwt`, 13: a token, as an item (RFC 9528, 9.7).
pub const KCWT: i64 = 13;
/// Header `typ`, 16 (RFC 9596).
pub const TYP: i64 = 16;
/// ES256, `alg` -7.
pub const ES256: i64 = -7;
/// ESP256 (ES256 fully specified, RFC 9864), `alg` -9.
pub const ESP256: i64 = -9;
/// CBOR tag of `COSE_Sign1`.
pub const SIGN1_TAG: u64 = 18;

/// A parsed, unverified `COSE_Sign1`.
#[derive(Clone, Copy, Debug)]
pub struct Sign1<'a> {
    protected: &'a [u8],
    protected_map: Option<Item<'a>>,
    unprotected: Item<'a>,
    payload: &'a [u8],
    signature: &'a [u8],
    profile: Profile,
}

impl<'a> Sign1<'a> {
    /// From bytes, tagged 18 or bare.
    pub fn parse(bytes: &'a [u8], profile: Profile) -> Result<Self, Error> {
        Self::from_item(Item::parse(bytes, profile)?, profile)
    }

    /// From bytes tagged 18: a format of ours has one form, and the same token without its tag (RFC 9052, 2) is none of ours.
    ///
    /// # Errors
    /// [`Error::WrongKind`] for a bare one.
    pub fn parse_tagged(bytes: &'a [u8], profile: Profile) -> Result<Self, Error> {
        let item = Item::parse(bytes, profile)?;
        item.as_tag()?;
        Self::from_item(item, profile)
    }

    /// From an item of bytes scanned before, tagged 18 or bare.
    pub fn from_item(item: Item<'a>, profile: Profile) -> Result<Self, Error> {
        Self::with_payload(item, None, profile)
    }

    /// From an item whose payload is `null` because the receiver knows it (RFC 9052, 4.1), tagged 18 or bare.
    pub fn detached(item: Item<'a>, payload: &'a [u8], profile: Profile) -> Result<Self, Error> {
        Self::with_payload(item, Some(payload), profile)
    }

    fn with_payload(item: Item<'a>, detached: Option<&'a [u8]>, profile: Profile) -> Result<Self, Error> {
        let array = match item.as_tag() {
            Ok((SIGN1_TAG, inner)) => inner,
            Ok(_) => return Err(Error::WrongKind),
            Err(_) => item,
        };
        let mut parts = array.as_array()?;
        let mut part = || parts.next().ok_or(Error::WrongKind);
        let protected = part()?.as_bytes()?;
        let unprotected = part()?;
        unprotected.as_map()?;
        let payload = match (part()?, detached) {
            (attached, None) => attached.as_bytes()?,
            (null, Some(payload)) if null.is_null() => payload,
            _ => return Err(Error::WrongKind),
        };
        let signature = part()?.as_bytes()?;
        if parts.next().is_some() {
            return Err(Error::WrongKind);
        }
        // An empty protected header is written as an empty byte string (RFC 9052, 3).
        let protected_map = if protected.is_empty() { None } else { Some(Item::parse(protected, profile)?) };
        if let Some(map) = protected_map {
            map.as_map()?;
        }
        Ok(Self { protected, protected_map, unprotected, payload, signature, profile })
    }

    /// A protected header parameter.
    pub fn header(&self, label: i64) -> Option<Item<'a>> {
        self.protected_map.and_then(|map| map.as_map().ok()).and_then(|map| map.get_int(label))
    }

    /// A protected header parameter that is none of these; 0 for one without a number. For formats that know all of
    /// theirs: `crit` is surplus with them too.
    pub fn surplus_header(&self, known: &[i64]) -> Option<i64> {
        self.protected_map.and_then(|map| map.as_map().ok())?.surplus(known)
    }

    /// The protected header as received (the content of its byte string).
    pub const fn protected(&self) -> &'a [u8] {
        self.protected
    }

    /// The unprotected header, a map: nobody signed it.
    pub const fn unprotected(&self) -> Item<'a> {
        self.unprotected
    }

    /// The payload as received.
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The payload as an item, scanned under the same profile.
    pub fn payload_item(&self) -> Result<Item<'a>, Error> {
        Item::parse(self.payload, self.profile)
    }

    /// The signature as received.
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The protected `alg`.
    pub fn algorithm(&self) -> Option<i64> {
        self.header(ALG).and_then(|item| item.as_int().ok())
    }

    /// The bytes that were signed.
    pub fn to_be_signed(&self) -> Vec<u8> {
        to_be_signed(self.protected, self.payload)
    }

    /// Checks an ES256 or ESP256 signature; any other algorithm is refused.
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureInvalid> {
        if !matches!(self.algorithm(), Some(ES256 | ESP256)) {
            return Err(SignatureInvalid);
        }
        let signature = self.signature.try_into().map_err(|_| SignatureInvalid)?;
        key.verify(&self.to_be_signed(), signature)
    }
}

/// The `Sig_structure` of RFC 9052, 4.4, with an empty `external_aad`.
pub fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new();
    out.array(4).text("Signature1").bytes(protected).bytes(&[]).bytes(payload);
    out.finish()
}

/// A `COSE_Sign1`, tagged 18, from its parts: the encoded protected map, the encoded unprotected map, the payload.
pub fn assemble(protected: &[u8], unprotected: &[u8], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new();
    out.tag(SIGN1_TAG).array(4).bytes(protected).raw(unprotected).bytes(payload).bytes(signature);
    out.finish()
}

/// A `COSE_Sign1` that waits for its signature: whoever holds the key signs [`Draft::to_be_signed`].
#[derive(Clone, Debug)]
pub struct Draft {
    protected: Vec<u8>,
    unprotected: Vec<u8>,
    payload: Vec<u8>,
}

impl Draft {
    /// From encoded protected and unprotected maps and the payload.
    pub const fn new(protected: Vec<u8>, unprotected: Vec<u8>, payload: Vec<u8>) -> Self {
        Self { protected, unprotected, payload }
    }

    /// With the protected header `{alg: ES256, kid, typ}` and an empty unprotected one, as our own lists have it.
    pub fn es256(kid: &[u8], typ: &str, payload: Vec<u8>) -> Self {
        let mut protected = Encoder::new();
        protected.map(3).int(ALG).int(ES256).int(KID).bytes(kid).int(TYP).text(typ);
        Self::new(protected.finish(), vec![0xa0], payload)
    }

    /// The bytes to sign.
    pub fn to_be_signed(&self) -> Vec<u8> {
        to_be_signed(&self.protected, &self.payload)
    }

    /// Without the tag, as an mdoc carries it.
    pub fn assemble_bare(&self, signature: &[u8; 64]) -> Vec<u8> {
        let mut out = Encoder::new();
        out.array(4).bytes(&self.protected).raw(&self.unprotected).bytes(&self.payload).bytes(signature);
        out.finish()
    }

    /// Without tag and payload: for a receiver who knows it.
    pub fn assemble_detached(&self, signature: &[u8; 64]) -> Vec<u8> {
        let mut out = Encoder::new();
        out.array(4).bytes(&self.protected).raw(&self.unprotected).null().bytes(signature);
        out.finish()
    }

    /// With its signature, raw `r || s`.
    pub fn assemble(&self, signature: &[u8; 64]) -> Vec<u8> {
        assemble(&self.protected, &self.unprotected, &self.payload, signature)
    }
}

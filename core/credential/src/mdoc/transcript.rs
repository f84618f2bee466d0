//! What binds a response to one session and its request (ISO/IEC 18013-5, 9.1.5.1; OpenID4VP 1.0, B.2.6).
use trust::cbor::{self, Encoder, Item, Profile};

use crate::digest::sha256;

/// An encoded `SessionTranscript`: `[DeviceEngagementBytes / null, EReaderKeyBytes / null, Handover]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTranscript(Vec<u8>);

impl SessionTranscript {
    /// From its encoding, an array of three.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, cbor::Error> {
        match Item::parse(bytes, Profile::Interoperable)?.as_array()?.count() {
            3 => Ok(Self(bytes.to_vec())),
            _ => Err(cbor::Error::Record),
        }
    }

    /// For OpenID4VP over redirects and `direct_post` (B.2.6.1): the full client identifier with its prefix, the nonce, the
    /// thumbprint of the key that the response is encrypted to if it is, and the response address.
    pub fn openid4vp(
        client_id: &str,
        nonce: &str,
        encryption_key: Option<&[u8; 32]>,
        response_uri: &str,
    ) -> Self {
        let mut info = Encoder::new();
        info.array(4).text(client_id).text(nonce);
        thumbprint(&mut info, encryption_key).text(response_uri);
        Self::handover("OpenID4VPHandover", &info.finish())
    }

    /// For OpenID4VP over the browser's interface (B.2.6.2): the origin without the `origin:` prefix.
    pub fn openid4vp_dc_api(origin: &str, nonce: &str, encryption_key: Option<&[u8; 32]>) -> Self {
        let mut info = Encoder::new();
        info.array(3).text(origin).text(nonce);
        thumbprint(&mut info, encryption_key);
        Self::handover("OpenID4VPDCAPIHandover", &info.finish())
    }

    fn handover(name: &str, info: &[u8]) -> Self {
        let mut out = Encoder::new();
        out.array(3).null().null().array(2).text(name).bytes(&sha256(info));
        Self(out.finish())
    }

    /// Its encoding.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn thumbprint<'a>(out: &'a mut Encoder, thumbprint: Option<&[u8; 32]>) -> &'a mut Encoder {
    match thumbprint {
        Some(thumbprint) => out.bytes(thumbprint),
        None => out.null(),
    }
}

//! mdoc and SD-JWT VC from the device's signature to the verdict, against the cryptography that they cannot do without.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#[path = "../documents/mod.rs"]
mod documents;

use std::hint::black_box;

use credential::jose::jwe::{DecryptionKey, Encryption, Parties, encrypt};
use credential::mdoc::DeviceResponse;
use credential::sd_jwt::{IssuerKey, SdJwt};
use documents::{World, expected};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::rand::SystemRandom;
use sen_benches::{begin, time};
use trust::time::Timestamp;

const TYPE: &str = "vn.gov.citizen.1";

fn main() {
    begin(
        "formats",
        "mdoc and SD-JWT VC, presented and verified, against the cryptography that they cannot do without.",
        &[
            "mdoc.present",
            "mdoc.verify",
            "sd-jwt.present",
            "sd-jwt.verify.known-key",
            "jwe.encrypt",
            "present-online",
        ],
    );
    let world = World::new(Timestamp::from_unix(1_800_000_000));
    mdoc(&world);
    sd_jwt(&world);
    encryption(&world);
}

fn mdoc(world: &World) {
    let issued = world.mdoc(TYPE, TYPE);
    let present = || {
        let draft = issued.draft(TYPE);
        draft.assemble(&world.device.sign(&draft.to_be_signed()))
    };
    let (response, message) = (present(), issued.draft(TYPE).to_be_signed());
    let sign = || {
        black_box(world.device.sign(&message));
    };
    time("mdoc.present", || drop(black_box(present())), sign);
    let anchors = world.anchors();
    let verify = || {
        let response = DeviceResponse::parse(&response).unwrap();
        let document = response.documents().first().unwrap();
        black_box(document.verify(TYPE, &issued.transcript, &anchors, world.now).unwrap());
    };
    time("mdoc.verify", verify, issued.floor(world, TYPE));
}

fn sd_jwt(world: &World) {
    let issued = world.sd_jwt();
    let present = || {
        let draft = issued.draft();
        draft.assemble(&world.device.sign(draft.to_be_signed()))
    };
    let (presented, message) = (present(), issued.draft().to_be_signed().to_vec());
    let sign = || {
        black_box(world.device.sign(&message));
    };
    time("sd-jwt.present", || drop(black_box(present())), sign);
    let anchors = world.anchors();
    let verify = || {
        let read = SdJwt::parse(&presented).unwrap();
        black_box(read.verify_bound(IssuerKey::Anchored(&anchors), &expected(), world.now).unwrap());
    };
    // The same for a verifier that knows the issuer's key and needs no chain.
    let key = world.issuer.public();
    let known = || {
        let read = SdJwt::parse(&presented).unwrap();
        black_box(read.verify_bound(IssuerKey::Known(&key), &expected(), world.now).unwrap());
    };
    time("sd-jwt.verify", verify, issued.floor(world, true));
    time("sd-jwt.verify.known-key", known, issued.floor(world, false));
}

/// A response of four kilobytes, encrypted to a verifier: one key pair and one agreement.
fn encryption(world: &World) {
    let content = vec![b'a'; 4096];
    let receiver = Receiver::new();
    time("jwe.encrypt", || receiver.seal(&content), || receiver.agree());
    // What a wallet does once the person has agreed: show, sign, encrypt.
    let (mdoc, sd_jwt) = (world.mdoc(TYPE, TYPE), world.sd_jwt());
    let (to_sign, also_to_sign) = (mdoc.draft(TYPE).to_be_signed(), sd_jwt.draft().to_be_signed().to_vec());
    let sign_and_agree = |message: &[u8]| {
        black_box(world.device.sign(message));
        receiver.agree();
    };
    time(
        "present-online.mdoc",
        || {
            let draft = mdoc.draft(TYPE);
            receiver.seal(&draft.assemble(&world.device.sign(&draft.to_be_signed())));
        },
        || sign_and_agree(&to_sign),
    );
    time(
        "present-online.sd-jwt",
        || {
            let draft = sd_jwt.draft();
            receiver.seal(draft.assemble(&world.device.sign(draft.to_be_signed())).as_bytes());
        },
        || sign_and_agree(&also_to_sign),
    );
}

/// A verifier that wants encrypted answers.
struct Receiver {
    key: DecryptionKey,
    to: UnparsedPublicKey<[u8; 65]>,
    random: SystemRandom,
}

impl Receiver {
    fn new() -> Self {
        let key = DecryptionKey::generate("1").unwrap();
        let to = UnparsedPublicKey::new(&ECDH_P256, *key.public().uncompressed());
        Self { key, to, random: SystemRandom::new() }
    }

    fn seal(&self, content: &[u8]) {
        let parties = Parties::default();
        let key = self.key.public();
        black_box(encrypt(key, Some("1"), Encryption::A256Gcm, parties, content).unwrap());
    }

    /// What no encryption to this key can spare.
    fn agree(&self) {
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &self.random).unwrap();
        black_box(own.compute_public_key().unwrap());
        agree_ephemeral(own, &self.to, |agreed| black_box(agreed.len())).unwrap();
    }
}

//! A nation with one issuer, one holder and one desk, in which a test changes one thing.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where its world does not stand")]
use credential::claims::{CitizenClaims, ClinicClaims, InsuranceClaims, Sex, StatusReference, Vct};
use credential::sd_cwt::{Redaction, SdCwtDraft};
use jiff::civil::date;
use presentation::frame;
use presentation::kbt::{ANY_CLINIC, KbtDraft};
use presentation::level_statement::{LEVEL_AUTHORITY, LevelStatement, LevelStatementDraft};
use test_key::TestKey;
use trust::anchors::{Issuer, StatusSigner, Trust, TrustListDraft};
use trust::random::SystemRandom;
use trust::status::{StatusList, StatusListDraft, StatusStore};
use trust::time::Timestamp;
use verifier::{Decision, MemorySeenList, Policy, Reason, verify};

pub const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
pub const INDEX: u64 = 42;

pub struct World {
    pub root: TestKey,
    pub issuer: TestKey,
    pub signer: TestKey,
    pub device: TestKey,
    /// States authentication levels.
    pub provider: TestKey,
    pub list: TrustListDraft,
    pub statuses: StatusListDraft,
    pub credential: SdCwtDraft,
    pub audience: String,
    pub presented_at: Timestamp,
    pub cnonce: Option<Vec<u8>>,
    pub level: Option<u8>,
    pub stated: Option<LevelStatement>,
    pub policy: Policy,
    pub received_at: Timestamp,
    pub now: Timestamp,
    pub seen: MemorySeenList,
}

impl World {
    pub fn new() -> Self {
        let (root, issuer, signer, device) = (TestKey::new(), TestKey::new(), TestKey::new(), TestKey::new());
        let provider = TestKey::new();
        let list = TrustListDraft {
            sequence: 1,
            issued: NOW.minus_seconds(3600),
            expires: NOW.plus_seconds(30 * 86_400),
            issuers: vec![
                listed("vn-bhyt", b"k1", &issuer, &[Vct::HealthInsurance.urn(), Vct::Citizen.urn()]),
                listed("vn-level", b"l1", &provider, &[LEVEL_AUTHORITY]),
            ],
            status_signers: vec![StatusSigner { kid: b"s1".to_vec(), key: signer.public() }],
            status_base: "https://127.0.0.1/status/".into(),
            successor: None,
        };
        let issued = NOW.minus_seconds(300);
        let statuses = StatusListDraft::new("s:7", 2, 1000, issued, NOW.plus_seconds(86_400)).unwrap();
        let credential = SdCwtDraft {
            iss: "vn-bhyt".into(),
            sub: "a7Kq0Zp3".into(),
            kid: b"k1".to_vec(),
            vct: Vct::HealthInsurance,
            iat: NOW.minus_seconds(86_400),
            exp: NOW.plus_seconds(86_400),
            cnf: device.public(),
            status: StatusReference { uri: "s:7".into(), index: INDEX },
            claims: claims().into(),
            redaction: Redaction::None,
        };
        Self {
            root,
            issuer,
            signer,
            device,
            provider,
            list,
            statuses,
            credential,
            audience: ANY_CLINIC.into(),
            presented_at: NOW.minus_seconds(4),
            cnonce: None,
            level: None,
            stated: None,
            policy: Policy::clinic(),
            received_at: NOW,
            now: NOW,
            seen: MemorySeenList::default(),
        }
    }

    pub fn sd_cwt(&self) -> Vec<u8> {
        let unsigned = self.credential.prepare(&mut SystemRandom::new()).unwrap();
        unsigned.assemble(&self.issuer.sign(&unsigned.to_be_signed()))
    }

    pub fn token(&self) -> Vec<u8> {
        self.present(&self.sd_cwt())
    }

    pub fn present(&self, sd_cwt: &[u8]) -> Vec<u8> {
        let draft = KbtDraft {
            sd_cwt,
            audience: &self.audience,
            issued_at: self.presented_at,
            cnonce: self.cnonce.as_deref(),
            level: self.level,
            stated: self.stated.as_ref(),
        };
        let unsigned = draft.prepare();
        unsigned.assemble(&self.device.sign(&unsigned.to_be_signed()))
    }

    /// Level 4, stated a minute ago of the holder's key, with what a test changes.
    pub fn statement(
        &self,
        signer: &TestKey,
        change: impl FnOnce(&mut LevelStatementDraft<'_>),
    ) -> LevelStatement {
        let key = self.device.public();
        let mut draft = LevelStatementDraft {
            iss: "vn-level",
            kid: b"l1",
            key: &key,
            level: 4,
            issued_at: NOW.minus_seconds(60),
            expires_at: NOW.plus_seconds(240),
        };
        change(&mut draft);
        let draft = draft.prepare().unwrap();
        LevelStatement::parse(&draft.assemble(&signer.sign(&draft.to_be_signed()))).unwrap()
    }

    pub fn text(&self) -> String {
        frame::encode(&self.token())
    }

    pub fn trust(&self) -> Trust {
        let draft = self.list.draft(b"root").unwrap();
        let list = draft.assemble(&self.root.sign(&draft.to_be_signed()));
        Trust::load_even_expired(&[self.root.public()], &list, 0).unwrap()
    }

    pub fn status(&self) -> StatusStore {
        let mut store = StatusStore::new();
        let draft = self.statuses.draft(b"s1").unwrap();
        let token = draft.assemble(&self.signer.sign(&draft.to_be_signed()));
        store.insert(StatusList::verify(&token, self.trust().status_signers()).unwrap()).unwrap();
        store
    }

    pub fn decide(&mut self) -> Decision {
        let text = self.text();
        self.decide_on(&text)
    }

    pub fn decide_on(&mut self, text: &str) -> Decision {
        let (trust, status) = (self.trust(), self.status());
        verify(text, &trust, &status, &self.policy, &mut self.seen, self.received_at, self.now)
    }

    /// The codes of a refusal.
    pub fn refusal(&mut self) -> Vec<&'static str> {
        let decision = self.decide();
        refused(&decision)
    }
}

fn listed(iss: &str, kid: &[u8], key: &TestKey, types: &[&str]) -> Issuer {
    Issuer {
        iss: iss.into(),
        kid: kid.to_vec(),
        key: key.public(),
        name: if iss == "vn-bhyt" { "Issuer of the tests" } else { "Provider of the tests" }.into(),
        vcts: types.iter().map(|name| (*name).into()).collect(),
        not_before: NOW.minus_seconds(100 * 86_400),
        not_after: NOW.plus_seconds(100 * 86_400),
        revoked: false,
    }
}

pub fn claims() -> ClinicClaims {
    ClinicClaims {
        person: CitizenClaims {
            number: "000199012345".into(),
            name: "Nguyễn Thị Phương Thảo".into(),
            birth_date: date(1999, 1, 1),
            sex: Sex::Female,
            level_policy: None,
            portrait_hash: None,
            guardian: None,
        },
        insurance: InsuranceClaims {
            number: "GD4000000012345".into(),
            valid_from: None,
            valid_to: date(2027, 12, 31),
            facility: "79034".into(),
            benefit_level: 4,
            five_years_from: None,
            area: None,
            object_group: None,
        },
    }
}

pub fn codes(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(|reason| reason.code()).collect()
}

pub fn refused(decision: &Decision) -> Vec<&'static str> {
    match decision {
        Decision::Refused(refusal) => codes(refusal.reasons()),
        other => panic!("not refused: {other:?}"),
    }
}

pub fn unsure(decision: &Decision) -> Vec<&'static str> {
    match decision {
        Decision::Unsure { reasons, .. } => codes(reasons),
        other => panic!("not unsure: {other:?}"),
    }
}

/// The group's order minus a number: the other valid `s` of a signature.
pub fn order_minus(s: &[u8]) -> Vec<u8> {
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let mut borrow = 0;
    let mut out: Vec<u8> = Vec::new();
    for (o, s) in order.iter().zip(s).rev() {
        let difference = i16::from(*o) - i16::from(*s) - borrow;
        borrow = i16::from(difference < 0);
        out.push(u8::try_from(difference.rem_euclid(256)).unwrap());
    }
    out.reverse();
    out
}

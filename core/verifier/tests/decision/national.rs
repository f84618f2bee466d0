//! A snapshot and its deltas, in whatever order their files come.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use test_key::TestKey;
use trust::anchors::StatusSigner;
use trust::cose::Draft;
use trust::status::{NationalDraft, Run, Status, StatusError, StatusList, StatusListDraft};
use trust::time::Timestamp;
use verifier::national::{Chain, Kind, kind, status_list};

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A signer of states; on day `n` the first `n` indexes are revoked.
struct Nation(TestKey);

impl Nation {
    fn signers(&self) -> [StatusSigner; 1] {
        [StatusSigner { kid: b"s1".to_vec(), key: self.0.public() }]
    }

    fn signed(&self, draft: &Draft) -> Vec<u8> {
        draft.assemble(&self.0.sign(&draft.to_be_signed()))
    }

    fn snapshot(&self, day: u64) -> (u64, Vec<u8>) {
        (day, self.signed(&of_day(day).snapshot(b"s1").unwrap()))
    }

    /// The delta from the day before.
    fn delta(&self, day: u64) -> (u64, Vec<u8>) {
        (100 + day, self.signed(&of_day(day).delta_since(&of_day(day - 1), b"s1").unwrap()))
    }
}

fn of_day(day: u64) -> NationalDraft {
    let run = Run { prefix: "s:".into(), first: 0, count: 4, entries: 1000 };
    let mut national = NationalDraft::new(day, NOW, NOW.plus_seconds(60), 2, vec![run]).unwrap();
    for index in 0..day {
        assert!(national.set("s:3", index, 1));
    }
    national
}

#[test]
fn a_token_says_which_of_the_two_it_is() {
    let nation = Nation(TestKey::new());
    assert_eq!(kind(&nation.snapshot(1).1), Some(Kind::Snapshot));
    assert_eq!(kind(&nation.delta(2).1), Some(Kind::Delta));
    let list = StatusListDraft::new("s:7", 2, 1000, NOW, NOW.plus_seconds(60)).unwrap();
    assert_eq!(kind(&nation.signed(&list.draft(b"s1").unwrap())), None);
    assert_eq!(kind(b"anything"), None);
}

#[test]
fn the_newest_snapshot_and_all_deltas_that_lead_on_from_it_are_taken() {
    let nation = Nation(TestKey::new());
    let built = |snapshots: &[u64], deltas: &[u64]| {
        let snapshots: Vec<_> = snapshots.iter().map(|day| nation.snapshot(*day)).collect();
        let deltas: Vec<_> = deltas.iter().map(|day| nation.delta(*day)).collect();
        let mut passed_over = Vec::new();
        let chain = Chain::build(&snapshots, &deltas, &nation.signers(), &mut passed_over);
        (chain.map(|chain| chain.status().sequence()), passed_over)
    };
    assert_eq!(built(&[], &[2]).0, None);
    assert_eq!(built(&[1, 3, 2], &[]), (Some(3), vec![]));
    assert_eq!(built(&[3, 1], &[]), (Some(3), vec![]));
    assert_eq!(built(&[1], &[4, 2, 3]), (Some(4), vec![]));
    assert_eq!(built(&[3], &[2, 4]), (Some(4), vec![]), "an older delta is no fault");
    assert_eq!(built(&[1], &[3]), (Some(1), vec![(103, StatusError::OtherBase)]));
}

#[test]
fn of_two_snapshots_of_one_number_the_first_stays() {
    let nation = Nation(TestKey::new());
    let mut other = of_day(1);
    assert!(other.set("s:3", 7, 1));
    let snapshots = [nation.snapshot(1), (2, nation.signed(&other.snapshot(b"s1").unwrap()))];
    let chain = Chain::build(&snapshots, &[], &nation.signers(), &mut Vec::new()).unwrap();
    assert_eq!(chain.into_parts().1, [snapshots[0].1.clone()]);
}

#[test]
fn a_remembered_chain_leads_to_the_same_state_and_to_none_where_the_signer_is_another() {
    let nation = Nation(TestKey::new());
    let (snapshot, delta) = (nation.snapshot(1), nation.delta(2));
    let (snapshots, deltas) = ([snapshot.clone()], [delta.clone()]);
    let chain = Chain::build(&snapshots, &deltas, &nation.signers(), &mut Vec::new()).unwrap();
    let remembered = chain.to_bytes();
    let again = Chain::parse(&remembered, &nation.signers()).unwrap();
    assert_eq!(again.status().get("s:3", 1), Some(Status::Revoked));
    assert_eq!(again.status().get("s:3", 2), Some(Status::Valid));
    assert_eq!(again.to_bytes(), remembered);
    assert_eq!(again.into_parts().1, [snapshot.1, delta.1]);
    assert_eq!(chain.into_status().sequence(), 2);
    assert!(Chain::parse(&remembered, &Nation(TestKey::new()).signers()).is_none());
    assert!(Chain::parse(&remembered[..remembered.len() - 1], &nation.signers()).is_none());
}

#[test]
fn a_list_is_read_as_cwt_and_as_jwt() {
    let nation = Nation(TestKey::new());
    let list = StatusListDraft::new("s:7", 2, 1000, NOW, NOW.plus_seconds(60)).unwrap();
    let cwt = nation.signed(&list.draft(b"s1").unwrap());
    assert_eq!(status_list(&cwt, &nation.signers()).unwrap().subject(), "s:7");
    let bits = {
        use std::io::Write;
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all(&[0; 250]).unwrap();
        URL_SAFE_NO_PAD.encode(zlib.finish().unwrap())
    };
    let header = r#"{"alg":"ES256","kid":"s1","typ":"statuslist+jwt"}"#;
    let claims = format!(r#"{{"sub":"s:7","iat":1800000000,"status_list":{{"bits":2,"lst":"{bits}"}}}}"#);
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let jwt = format!("{signed}.{}\n", URL_SAFE_NO_PAD.encode(nation.0.sign(signed.as_bytes())));
    assert_eq!(status_list(jwt.as_bytes(), &nation.signers()).unwrap().subject(), "s:7");
    let neither = b"anything";
    let as_cwt = StatusList::verify(neither, &nation.signers()).map(|_| ());
    assert_eq!(status_list(neither, &nation.signers()).map(|_| ()), as_cwt, "no JWT begins so");
}

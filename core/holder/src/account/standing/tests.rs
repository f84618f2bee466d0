#![allow(clippy::unwrap_used)]
use super::*;

const STAGES: [Stage; 11] = [
    AwaitingCode,
    AwaitingConsent,
    InUse,
    Proving,
    Waiting,
    Receiving,
    GivenUp,
    Replaced,
    Lost,
    Closed,
    Keyless,
];
const PROOF: Proof = Proof { at: 1, method: Method::ChipAndFace };
const TURNS: [Turn; 12] = [
    Turn::CodeMatched,
    Turn::ConsentAwaited,
    Turn::Proven(PROOF),
    Turn::ToldLevel1,
    Turn::ToldProof(PROOF),
    Turn::WaitBegun,
    Turn::HandedOver,
    Turn::Cancelled,
    Turn::MovedAway,
    Turn::ReportedLost,
    Turn::ClosedByHolder,
    Turn::KeyLost,
];

/// Every standing that these turns reach, in any order and number, from wherever a phone begins.
fn reachable(turns: &[Turn]) -> Vec<Standing> {
    let mut found: Vec<Standing> = [AwaitingCode, Proving, Receiving].into_iter().map(Standing::at).collect();
    let mut next = 0;
    while let Some(from) = found.get(next).copied() {
        for to in turns.iter().filter_map(|turn| from.after(*turn).ok()) {
            if !found.contains(&to) {
                found.push(to);
            }
        }
        next += 1;
    }
    found
}

#[test]
fn no_path_reaches_level_2_without_a_proof() {
    let without = TURNS.into_iter().filter(|turn| turn.happened().1.is_none()).collect::<Vec<_>>();
    assert_eq!(without.len(), 10);
    assert!(reachable(&without).iter().all(|standing| standing.level < Level::Two));
    let all = reachable(&TURNS);
    assert!(STAGES.iter().all(|stage| all.iter().any(|at| at.stage == *stage)));
    assert!(all.iter().any(|standing| standing.level == Level::Two));
    assert!(all.iter().all(|standing| (standing.level == Level::Two) == standing.proof.is_some()));
}

#[test]
fn only_a_phone_in_use_has_a_level() {
    assert!(reachable(&TURNS).iter().all(|at| (at.level > Level::None) == (at.stage == InUse)));
}

#[test]
fn a_phone_that_lost_its_account_gets_it_back_by_no_word_of_the_provider() {
    for stage in [GivenUp, Replaced, Lost, Closed, Keyless] {
        for turn in TURNS {
            let after = Standing::at(stage).after(turn);
            assert!(after.is_err() || after == Ok(Standing::at(stage)), "{stage:?} {turn:?}");
        }
    }
}

/// A new phone that waits may have had the account and lost it again before it asked.
#[test]
fn a_phone_at_any_stage_that_can_ask_leaves_by_what_it_is_told() {
    for stage in [AwaitingCode, AwaitingConsent, InUse, Proving, Waiting, Receiving] {
        for (turn, left) in [
            (Turn::MovedAway, Replaced),
            (Turn::ReportedLost, Lost),
            (Turn::ClosedByHolder, Closed),
            (Turn::KeyLost, Keyless),
        ] {
            let after = Standing::at(stage).after(turn);
            assert_eq!(after, Ok(Standing::at(left)), "{stage:?} {turn:?}");
            assert!(!after.unwrap().is_in_use());
        }
    }
}

#[test]
fn a_new_phone_gets_the_account_by_the_provider_s_word_or_the_old_phone_s() {
    for stage in [Proving, Waiting] {
        let before: Vec<Turn> = TURNS
            .into_iter()
            .filter(|turn| Standing::at(stage).after(*turn).is_ok_and(Standing::is_in_use))
            .collect();
        assert_eq!(before, [Turn::ToldLevel1, Turn::ToldProof(PROOF)]);
    }
    let received = Standing::at(Receiving).after(Turn::HandedOver).unwrap();
    assert_eq!((received.stage, received.level), (InUse, Level::One));
}

#[test]
fn a_child_waits_for_the_guardian() {
    let waiting = Standing::at(AwaitingCode).after(Turn::ConsentAwaited).unwrap();
    assert_eq!(waiting, Standing::at(AwaitingConsent));
    assert_eq!(waiting.after(Turn::CodeMatched), Err(OutOfPlace));
    assert_eq!(waiting.after(Turn::ToldLevel1).unwrap().level, Level::One);
}

#[test]
fn every_row_is_found_and_no_two_say_the_same() {
    for (index, (stages, what, ..)) in TABLE.iter().enumerate() {
        let earlier = TABLE.iter().take(index);
        let again = earlier
            .filter(|(others, other, ..)| other == what && others.iter().any(|one| stages.contains(one)));
        assert_eq!(again.count(), 0, "{stages:?} {what:?}");
    }
}

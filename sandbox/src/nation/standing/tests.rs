use super::*;

const EVENTS: [Event; 27] = [
    CodeMatchedInCare,
    GuardianConsented,
    GuardianRefused,
    SeenAtCounter,
    LockedFor(Guardian),
    Lifted(Guardian),
    PhoneLost,
    NewPhoneProven,
    ChildsNewPhoneProven,
    HandedOver,
    CodeMatched,
    WeekPassed,
    HotlineHelped,
    PersonProven,
    LockedFor(Holder),
    LockedFor(Terms),
    LockedFor(CardWithdrawn),
    LockedFor(Death),
    LockedFor(Authority),
    LockedFor(Expiry),
    Lifted(Holder),
    Lifted(Terms),
    Lifted(CardWithdrawn),
    Lifted(Death),
    Lifted(Authority),
    Lifted(Expiry),
    ClosedByHolder,
];

/// Walks through histories of events in a fixed pseudo-random order, refused ones without effect, and shows every step.
fn walk(mut seen: impl FnMut(&Standing, Event, &Standing)) {
    let mut state = 0x5EED_u64;
    for _ in 0..20_000 {
        let mut standing = Standing::opened();
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let event = EVENTS[usize::try_from(state >> 40).unwrap() % EVENTS.len()];
            if let Ok(next) = standing.after(event) {
                seen(&standing, event, &next);
                standing = next;
            }
        }
    }
}

#[test]
fn every_row_is_the_only_one_of_its_phase_and_event() {
    for (phase, _) in Phase::ALL {
        for event in EVENTS {
            let rows =
                TABLE.iter().filter(|(phases, happens, _, _)| phases.contains(&phase) && *happens == event);
            assert!(rows.count() <= 1, "{phase:?} {event:?}");
        }
    }
}

#[test]
fn level_2_is_reached_by_a_proof_alone() {
    let mut reached = 0;
    walk(|before, event, after| {
        if after.level() == 2 && before.level() < 2 {
            match event {
                PersonProven | SeenAtCounter => assert!(before.locks().iter().all(|lock| *lock == Expiry)),
                NewPhoneProven => assert!(before.locks().iter().all(|lock| [Holder, Expiry].contains(lock))),
                other => panic!("{other:?}"),
            }
            assert!([Active, Recovery].contains(&before.phase()));
            reached += 1;
        }
    });
    assert!(reached > 100, "{reached}");
}

#[test]
fn level_1_is_reached_by_the_code_and_in_care_by_consent() {
    walk(|before, event, after| {
        if after.level() == 1 && before.level() == 0 {
            let by = (event, before.phase());
            assert!(
                [(CodeMatched, AwaitingCode), (GuardianConsented, AwaitingConsent)].contains(&by),
                "{by:?}"
            );
        }
    });
}

#[test]
fn a_lost_phone_comes_back_by_a_proof_alone() {
    let mut seen = 0;
    walk(|before, event, after| {
        if before.phase() == Recovery && after.phase() != Recovery {
            let level = if event == NewPhoneProven { 2 } else { before.level() };
            assert!([NewPhoneProven, ChildsNewPhoneProven].contains(&event), "{event:?}");
            assert_eq!((after.phase(), after.level()), (Active, level));
            seen += 1;
        }
    });
    assert!(seen > 100, "{seen}");
}

#[test]
fn the_dead_stay_locked() {
    let mut seen = 0;
    walk(|before, _, after| {
        if before.is_locked_for(Death) {
            assert!(after.is_locked_for(Death));
            seen += 1;
        }
    });
    assert!(seen > 100, "{seen}");
}

#[test]
fn what_is_closed_stays_closed() {
    walk(|before, _, after| assert!(before.phase() != Closed || after.phase() == Closed));
}

#[test]
fn the_holder_lifts_no_lock_but_the_holder_s() {
    walk(|before, event, after| {
        if event == Lifted(Holder) {
            assert_eq!((before.locks(), after.locks()), (&[Holder][..], &[][..]));
        }
    });
}

#[test]
fn nobody_ends_an_account_that_others_locked() {
    walk(|before, event, _| {
        if event == ClosedByHolder && before.phase() == Active {
            assert!(before.locks().iter().all(|lock| *lock == Holder));
        }
    });
}

#[test]
fn a_late_activation_is_not_lost() {
    let late = Standing::opened().after(WeekPassed).unwrap();
    assert_eq!(late.after(CodeMatched), Err(Refused::NotInThisPhase));
    let helped = late.after(HotlineHelped).unwrap();
    assert_eq!(helped.after(CodeMatched).unwrap(), Standing::kept(Active, 1, Vec::new()));
}

#[test]
fn a_new_card_ends_the_lock_of_an_expired_one() {
    let active = Standing::opened().after(CodeMatched).unwrap();
    let expired = active.after(PersonProven).unwrap().after(LockedFor(Expiry)).unwrap();
    assert_eq!(expired.after(PersonProven).unwrap(), Standing::kept(Active, 2, Vec::new()));
    let both = expired.after(LockedFor(Authority)).unwrap();
    assert_eq!(both.after(PersonProven), Err(Refused::Locked));
}

#[test]
fn what_is_not_locked_is_not_lifted() {
    let active = Standing::opened().after(CodeMatched).unwrap();
    assert_eq!(active.after(Lifted(Holder)), Err(Refused::NoSuchLock));
    assert_eq!(active.after(Lifted(Death)), Err(Refused::NotInThisPhase));
}

#[test]
fn names_are_read_back() {
    for (phase, name) in Phase::ALL {
        assert_eq!((phase.name(), Phase::of_name(name)), (name, Some(phase)));
    }
    for (lock, name) in Lock::ALL {
        assert_eq!((lock.name(), Lock::of_name(name)), (name, Some(lock)));
    }
}

use super::*;

/// A fixed pseudo-random row of numbers below a bound.
fn numbers(bound: u64) -> impl FnMut() -> i64 {
    let mut state = 0x5EED_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % bound).unwrap()
    }
}

/// Attempts with wrong PINs under a clock that is set to anything before each, while time passes: calls with what is kept and the time.
fn attempts_under_any_clock(mut seen: impl FnMut(Rounds, i64)) {
    let mut random = numbers(8_000);
    for _ in 0..2_000 {
        let mut rounds = Rounds::default();
        for step in 0..180 {
            let now = 300 * step + random();
            seen(rounds, now);
            rounds = rounds.after_attempt(now).unwrap_or(rounds);
        }
    }
}

#[test]
fn a_clock_that_is_set_back_lets_no_attempt_through() {
    let (mut back, mut stopped) = (numbers(20_000), 0);
    attempts_under_any_clock(|rounds, now| {
        let Err(stop) = rounds.after_attempt(now) else { return };
        let earlier = now - back();
        let then = rounds.after_attempt(earlier);
        match (stop, then) {
            (Stop::Wait(now), Err(Stop::Wait(then))) => assert!(then >= now),
            (Stop::Blocked, Err(Stop::Blocked)) => {}
            other => panic!("{other:?} at {earlier} after {now}"),
        }
        stopped += 1;
    });
    assert!(stopped > 10_000, "{stopped}");
}

#[test]
fn a_clock_that_is_set_back_within_a_round_begins_its_wait_no_earlier() {
    let (mut newest, mut waits) = (0, 0);
    attempts_under_any_clock(|rounds, now| {
        if rounds == Rounds::default() {
            newest = 0;
        }
        let Ok(after) = rounds.after_attempt(now) else { return };
        newest = newest.max(now);
        if after.wait_until != 0 {
            let delay = DELAYS[usize::try_from(after.attempts / ROUND).unwrap() - 1];
            assert_eq!(after.wait_until, newest.saturating_add(delay));
            waits += 1;
        }
    });
    assert!(waits > 5_000, "{waits}");
}

#[test]
fn no_time_unblocks_what_is_blocked() {
    let mut blocked = 0;
    attempts_under_any_clock(|rounds, _| {
        if rounds.attempts < MOST_ATTEMPTS {
            return;
        }
        for now in [i64::MIN, -1, 0, rounds.wait_until, i64::MAX] {
            assert_eq!(rounds.after_attempt(now), Err(Stop::Blocked));
        }
        blocked += 1;
    });
    assert!(blocked > 100, "{blocked}");
}

#[test]
fn no_clock_gives_more_attempts_than_a_round_between_two_waits() {
    let mut random = numbers(100_000);
    for _ in 0..2_000 {
        let (mut rounds, mut free) = (Rounds::default(), 0);
        while let Ok(next) = rounds.after_attempt(rounds.wait_until.saturating_add(random())) {
            free = if next.wait_until == 0 { free + 1 } else { 0 };
            assert!(free < ROUND);
            rounds = next;
        }
        assert_eq!(rounds.attempts, MOST_ATTEMPTS);
    }
}

use super::*;

/// A fixed pseudo-random row of numbers below a bound.
fn numbers(bound: u64) -> impl FnMut() -> i64 {
    let mut state = 0x5EED_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % bound).unwrap()
    }
}

/// Attempts with wrong PINs under a clock that is set to anything before each: calls with count, wait and time.
fn attempts_under_any_clock(mut seen: impl FnMut(u32, i64, i64)) {
    let mut random = numbers(8_000);
    for _ in 0..5_000 {
        let (mut attempts, mut wait_until) = (0, 0);
        for _ in 0..60 {
            let now = random();
            seen(attempts, wait_until, now);
            if let Ok(next) = after_attempt(attempts, wait_until, now) {
                (attempts, wait_until) = next;
            }
        }
    }
}

#[test]
fn a_clock_that_is_set_back_lets_no_attempt_through() {
    let (mut back, mut stopped) = (numbers(20_000), 0);
    attempts_under_any_clock(|attempts, wait_until, now| {
        let Err(stop) = after_attempt(attempts, wait_until, now) else { return };
        let earlier = now - back();
        let then = after_attempt(attempts, wait_until, earlier);
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
fn no_time_unblocks_what_is_blocked() {
    let mut blocked = 0;
    attempts_under_any_clock(|attempts, wait_until, _| {
        if attempts < MOST_ATTEMPTS {
            return;
        }
        for now in [i64::MIN, -1, 0, wait_until, i64::MAX] {
            assert_eq!(after_attempt(attempts, wait_until, now), Err(Stop::Blocked));
        }
        blocked += 1;
    });
    assert!(blocked > 100, "{blocked}");
}

#[test]
fn no_clock_gives_more_attempts_than_a_round_between_two_waits() {
    let mut random = numbers(100_000);
    for _ in 0..2_000 {
        let (mut attempts, mut wait_until, mut free) = (0, 0, 0);
        while let Ok((next, wait)) = after_attempt(attempts, wait_until, wait_until.saturating_add(random()))
        {
            free = if wait == 0 { free + 1 } else { 0 };
            assert!(free < ROUND);
            (attempts, wait_until) = (next, wait);
        }
        assert_eq!(attempts, MOST_ATTEMPTS);
    }
}

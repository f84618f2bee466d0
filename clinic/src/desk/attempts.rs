//! Wrong passwords are slowed down: five at once, then a wait that doubles.
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use trust::time::Timestamp;

/// So many wrong passwords cost no wait.
const FREE: u32 = 5;
/// The longest wait, in seconds.
const LONGEST: i64 = 900;
/// So many callers are remembered. Where all of them are waiting, one more has to wait as long as anybody.
const CALLERS: usize = 10_000;

/// Wrong passwords by caller.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<IpAddr, Wrong>>);

#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    free_at: Timestamp,
}

impl Attempts {
    /// Counts an attempt before it is looked at, so that many at once gain nothing; else the seconds to wait.
    pub(crate) fn begin(&self, caller: IpAddr, now: Timestamp) -> Result<(), u64> {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS && !callers.contains_key(&caller) {
            callers.retain(|_, wrong| wrong.free_at > now);
            if callers.len() >= CALLERS {
                return Err(LONGEST.unsigned_abs());
            }
        }
        let wrong = callers.entry(caller).or_insert(Wrong { count: 0, free_at: now });
        let left = wrong.free_at.seconds_since(now);
        // A clock that was set back must not lock anybody out for longer than the longest wait.
        if (1..=LONGEST).contains(&left) {
            return Err(left.unsigned_abs());
        }
        wrong.count = wrong.count.saturating_add(1);
        if wrong.count >= FREE {
            let wait =
                1_i64.checked_shl(wrong.count - FREE + 1).map_or(LONGEST, |wait| wait.clamp(1, LONGEST));
            wrong.free_at = now.plus_seconds(wait);
        }
        Ok(())
    }

    /// The password was right.
    pub(crate) fn succeeded(&self, caller: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&caller);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_sixth_wrong_password_waits_and_the_wait_doubles() {
        let (attempts, at) = (Attempts::default(), Timestamp::from_unix);
        for _ in 0..5 {
            assert_eq!(attempts.begin(CALLER, at(0)), Ok(()));
        }
        assert_eq!(attempts.begin(CALLER, at(0)), Err(2));
        assert_eq!(attempts.begin(CALLER, at(2)), Ok(()));
        assert_eq!(attempts.begin(CALLER, at(2)), Err(4));
        assert_eq!(attempts.begin("::1".parse().unwrap(), at(2)), Ok(()), "another caller");
        attempts.succeeded(CALLER);
        assert_eq!(attempts.begin(CALLER, at(2)), Ok(()));
    }

    #[test]
    fn no_wait_is_longer_than_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        let mut now = 0;
        for _ in 0..80 {
            if let Err(wait) = attempts.begin(CALLER, Timestamp::from_unix(now)) {
                assert!(wait <= 900);
                now += i64::try_from(wait).unwrap();
            }
        }
        assert!(now > 3600);
    }
}

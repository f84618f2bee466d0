//! When a request is sent again, and after how long.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::error::retry_status;
use crate::{Error, Limits};

/// The pause before the next attempt, or `None` when the answer stands.
///
/// A server that names a time with 429 or 503 has not acted on the request and asks to see it again, so any request may be
/// repeated then; otherwise only an idempotent one, since the server may have acted on the first.
pub(crate) fn pause(
    error: &Error,
    attempt: u32,
    idempotent: bool,
    retry_after: Option<u32>,
    limits: &Limits,
) -> Option<Duration> {
    if attempt >= limits.attempts || !error.is_passing() {
        return None;
    }
    if let (Error::Status(refusal), Some(seconds)) = (error, retry_after)
        && retry_status(refusal.status)
    {
        let asked = Duration::from_secs(u64::from(seconds));
        return (asked <= limits.longest_pause).then_some(asked);
    }
    idempotent.then(|| back_off(attempt, limits))
}

/// Doubles with each attempt; the random half keeps many phones from returning in step.
fn back_off(attempt: u32, limits: &Limits) -> Duration {
    let full =
        limits.first_pause.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(limits.longest_pause);
    let half = full / 2;
    let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
    half + Duration::from_millis(RandomState::new().hash_one(attempt) % spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoNetworkReason, Refusal, ServerCode};

    fn status(status: u16) -> Error {
        let (code, reason) = (ServerCode::None, ServerCode::None);
        Error::Status(Box::new(Refusal { status, code, reason, attempts_left: None, retry_after: None }))
    }

    #[test]
    fn repeats_a_request_that_is_not_idempotent_only_when_the_server_names_a_time() {
        let limits = Limits::default();
        assert_eq!(pause(&status(503), 1, false, None, &limits), None);
        assert_eq!(pause(&Error::NoNetwork(NoNetworkReason::Interrupted), 1, false, None, &limits), None);
        assert_eq!(pause(&status(429), 1, false, Some(2), &limits), Some(Duration::from_secs(2)));
    }

    #[test]
    fn gives_up_when_the_named_time_is_too_long_or_attempts_are_used_up() {
        let limits = Limits::default();
        assert_eq!(pause(&status(503), 1, true, Some(3600), &limits), None);
        assert_eq!(pause(&status(503), limits.attempts, true, Some(1), &limits), None);
        assert_eq!(pause(&status(500), 1, true, Some(1), &limits), None);
    }

    #[test]
    fn backs_off_longer_each_time_and_never_past_the_limit() {
        let limits = Limits { attempts: 40, ..Limits::default() };
        let first = pause(&status(503), 1, true, None, &limits).unwrap();
        assert!(first >= limits.first_pause / 2 && first <= limits.first_pause);
        let late = pause(&status(503), 39, true, None, &limits).unwrap();
        assert!(late >= limits.longest_pause / 2 && late <= limits.longest_pause);
    }
}

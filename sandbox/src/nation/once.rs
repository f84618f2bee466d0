//! Values that count once: challenges, nonces. They live in memory: one that a restart forgets is refused, as one that was used.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::answer::Refusal;
use super::random_text;

/// More are not kept at a time; whoever asks then must wait.
const MOST: usize = 200_000;

/// What one kind of value is bound to, until when.
struct Kept {
    bound_to: String,
    expires: i64,
}

/// One kind of values that count once.
pub(super) struct Once {
    life: i64,
    kept: Mutex<HashMap<String, Kept>>,
}

impl Once {
    /// Values that are good for so many seconds.
    pub(super) fn new(life: i64) -> Self {
        Self { life, kept: Mutex::new(HashMap::new()) }
    }

    /// A new random value, bound to something or to nothing.
    pub(super) fn give(&self, bound_to: &str, now: i64) -> Result<String, Refusal> {
        let value = random_text(32)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, entry| entry.expires > now);
            if kept.len() >= MOST {
                return Err(Refusal::wait("slow_down", "too many are asking at the moment", 5));
            }
        }
        let entry = Kept { bound_to: bound_to.to_owned(), expires: now.saturating_add(self.life) };
        kept.insert(value.clone(), entry);
        Ok(value)
    }

    /// Uses a value up: whether it was given, for this, and not too long ago. One that is bound to something else stays.
    pub(super) fn take(&self, value: &str, bound_to: &str, now: i64) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.get(value).is_none_or(|entry| entry.bound_to != bound_to) {
            return false;
        }
        kept.remove(value).is_some_and(|entry| now < entry.expires)
    }

    /// Seconds that a value is good for.
    pub(super) const fn life(&self) -> i64 {
        self.life
    }
}

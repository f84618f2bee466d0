//! Ends the process inside the store's own writing, as `kill -9` does: before a write, with half of its bytes written, and around
//! each sync, truncation and deletion of the database, its journal and its log.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use super::watched_files::{Effect, Fate, Watcher, watch};

static MOMENTS_LEFT: AtomicI64 = AtomicI64::new(-1);

struct Tearing;

/// From here on every database that this process opens is written through us, and the process ends at the moment numbered `at`;
/// never, where that is negative.
pub fn tear(at: i64) {
    MOMENTS_LEFT.store(at, Ordering::SeqCst);
    watch(&Tearing);
}

fn is_over() -> bool {
    MOMENTS_LEFT.fetch_sub(1, Ordering::SeqCst) == 0
}

impl Watcher for Tearing {
    fn before(&self, _: &Path, effect: Effect<'_>) -> Fate {
        // These two are no moments of their own: what a killed process did to a folder stays.
        if matches!(effect, Effect::Create | Effect::SyncFolder) {
            return Fate::Whole;
        }
        if is_over() {
            std::process::abort();
        }
        if matches!(effect, Effect::Write { .. }) && is_over() { Fate::Half } else { Fate::Whole }
    }
}

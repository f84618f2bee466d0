//! What a desk does by itself: it forgets what is older than it may keep, and keeps its lists fresh.
use std::time::Duration;

use super::events::Event;
use super::{Desk, Shared};
use crate::database::purge;

/// How often old data are looked for.
const FORGET: Duration = Duration::from_hours(1);
/// How often the folders are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Looks between two attempts to fetch.
const LOOKS: u32 = 60;

/// At once, then every hour.
pub(super) async fn forget(desk: Shared) {
    loop {
        let now = desk.now();
        let before = now.minus_seconds(i64::from(desk.keep_days) * 86_400);
        // What cannot be removed now is removed in an hour.
        let _ = desk.database.run(move |statements| purge(statements, before, now)).await;
        if stops_within(&desk, FORGET).await {
            return;
        }
    }
}

/// Fetches at once and then every five minutes; reads the folders where something has changed there.
pub(super) async fn refresh(desk: Shared) {
    let mut looks = 0;
    loop {
        let was_online = desk.lists.is_online();
        if looks % LOOKS == 0 {
            desk.lists.fetch(&desk.clock).await;
        }
        looks = looks.wrapping_add(1);
        let reader = std::sync::Arc::clone(&desk);
        let changed = tokio::task::spawn_blocking(move || reader.lists.reload()).await.unwrap_or(false);
        if changed || was_online != desk.lists.is_online() {
            desk.tell(Event::State);
        }
        if stops_within(&desk, LOOK).await {
            return;
        }
    }
}

async fn stops_within(desk: &Desk, pause: Duration) -> bool {
    let mut stopping = desk.stopping.subscribe();
    if *stopping.borrow() {
        return true;
    }
    tokio::time::timeout(pause, stopping.changed()).await.is_ok()
}

//! What a desk does by itself: it forgets what is older than it may keep, and keeps its lists fresh.
use std::time::Duration;

use super::events::Event;
use super::{Desk, Shared};
use crate::database::purge;

/// How often old data are looked for.
const FORGET: Duration = Duration::from_hours(1);
/// How often the folders are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How often the provider is asked.
const FETCH: Duration = Duration::from_mins(5);

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

/// Reads the folders where something has changed there.
pub(super) async fn look(desk: Shared) {
    loop {
        if stops_within(&desk, LOOK).await {
            return;
        }
        read_again(&desk, false).await;
    }
}

/// Fetches at once and then every five minutes. A slow provider keeps nobody from reading the folders.
pub(super) async fn fetch(desk: Shared) {
    loop {
        let stood = (desk.lists.is_online(), desk.lists.rollback());
        desk.lists.fetch(&desk.clock).await;
        read_again(&desk, stood != (desk.lists.is_online(), desk.lists.rollback())).await;
        if stops_within(&desk, FETCH).await {
            return;
        }
    }
}

/// Reads what has changed, and tells the pages where that or something else has.
async fn read_again(desk: &Shared, something_else: bool) {
    let reader = std::sync::Arc::clone(desk);
    let changed = tokio::task::spawn_blocking(move || reader.lists.reload()).await.unwrap_or(false);
    if changed || something_else {
        desk.tell(Event::State);
    }
}

async fn stops_within(desk: &Desk, pause: Duration) -> bool {
    let mut stopping = desk.stopping.subscribe();
    if *stopping.borrow() {
        return true;
    }
    tokio::time::timeout(pause, stopping.changed()).await.is_ok()
}

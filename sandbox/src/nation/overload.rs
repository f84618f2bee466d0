//! Shedding: what cannot be answered soon is refused at once, before anything was done, with the time to come back.
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::answer::Refusal;
use super::body::LONGEST;

/// How much the nation takes upon itself at a time.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Calls that are worked on or wait for it.
    pub calls: usize,
    /// Seconds after which those come back that there is no room for.
    pub come_back_after: i64,
}

impl Default for Capacity {
    /// At a millisecond or two for each call, the last waits for half a second.
    fn default() -> Self {
        Self { calls: 256, come_back_after: 1 }
    }
}

/// The longest that a body may take to come.
const SLOWEST: Duration = Duration::from_secs(10);

/// Room for calls.
#[derive(Clone)]
pub(super) struct Room {
    free: Arc<Semaphore>,
    come_back_after: i64,
}

impl Room {
    pub(super) fn new(capacity: Capacity) -> Self {
        let free = Arc::new(Semaphore::new(capacity.calls));
        Self { free, come_back_after: capacity.come_back_after }
    }
}

/// Takes the whole request, then works on it aside: keys and disk block, and the threads that speak TLS must not.
pub(super) async fn shed(State(room): State<Room>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    // Read before room is taken: whoever sends slowly keeps nobody else out.
    let octets = match tokio::time::timeout(SLOWEST, axum::body::to_bytes(body, LONGEST)).await {
        Ok(Ok(octets)) => octets,
        Ok(Err(_)) => return super::body::too_large().into_response(),
        Err(_) => {
            let late = Refusal::new("too_slow", "the body did not come in time");
            return late.of_status(StatusCode::REQUEST_TIMEOUT).into_response();
        }
    };
    let Ok(permit) = Arc::clone(&room.free).try_acquire_owned() else {
        let busy = Refusal::wait("slow_down", "too many are asking at the moment", room.come_back_after);
        return busy.into_response();
    };
    let request = Request::from_parts(head, Body::from(octets));
    let runtime = Handle::current();
    let work = tokio::task::spawn_blocking(move || {
        let response = runtime.block_on(next.run(request));
        drop(permit);
        response
    });
    work.await.unwrap_or_else(|_| Refusal::broken().into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;

    #[test]
    fn refuses_at_once_what_there_is_no_room_for() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let room = Room::new(Capacity { calls: 2, come_back_after: 7 });
            let permits: Vec<_> =
                (0..2).map(|_| Arc::clone(&room.free).try_acquire_owned().unwrap()).collect();
            let service = Router::new()
                .route("/", get(|| async { "done" }))
                .layer(axum::middleware::from_fn_with_state(room, shed));
            let ask = || Request::get("/").body(Body::empty()).unwrap();
            let refused = tower::ServiceExt::oneshot(service.clone(), ask()).await.unwrap();
            assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(refused.headers().get("retry-after").unwrap(), "7");
            drop(permits);
            let done = tower::ServiceExt::oneshot(service, ask()).await.unwrap();
            assert_eq!(done.status(), StatusCode::OK);
        });
    }
}

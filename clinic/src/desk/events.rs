//! Server-sent events (HTML, 9.2), so that two pages stay in step: what kind of thing has changed, and nothing of whom.
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::broadcast::error::RecvError;

use super::Shared;
use super::refusal::Refusal;
use super::session::Session;

/// A page that is still there hears this often that the desk is, too.
const ALIVE: Duration = Duration::from_secs(15);

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The queue.
    Queue,
    /// The day's checks.
    Check,
    /// Lists, clock or network.
    State,
}

impl Event {
    const fn text(self) -> &'static str {
        match self {
            Self::Queue => r#"{"kind":"queue"}"#,
            Self::Check => r#"{"kind":"check"}"#,
            Self::State => r#"{"kind":"state"}"#,
        }
    }
}

/// `GET /api/events`
pub(crate) async fn events(
    State(desk): State<Shared>,
    _: Session,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Refusal> {
    let permit = std::sync::Arc::clone(&desk.listeners).try_acquire_owned().map_err(|_| {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many pages are open").after(5)
    })?;
    let listener = (desk.events.subscribe(), desk.stopping.subscribe(), permit);
    let stream = unfold(listener, |(mut events, mut stopping, permit)| async move {
        let event = tokio::select! {
            event = events.recv() => match event {
                Ok(event) => event,
                // Whoever was too slow looks at everything again.
                Err(RecvError::Lagged(_)) => Event::State,
                Err(RecvError::Closed) => return None,
            },
            _ = stopping.changed() => return None,
        };
        let said = sse::Event::default().data(event.text());
        Some((Ok(said), (events, stopping, permit)))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE)))
}

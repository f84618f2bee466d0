//! A public service that people sign in to with an account at level 2.
use axum::extract::State;
use serde::Deserialize;

use super::Shared;
use super::answer::Answer;
use super::asking::{self, Purpose};
use super::body::Body;

#[derive(Deserialize)]
struct Start {
    other_screen: bool,
}

/// Begins a sign-in, for a wallet on this device or on another.
pub(super) async fn start(State(nation): State<Shared>, body: Body) -> Answer {
    let start: Start = body.json("invalid_request")?;
    asking::begin(&nation, Purpose::SignIn { other_screen: start.other_screen })
}

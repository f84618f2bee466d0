//! What the national insurance portal says of a checked person: asked when a clerk wants it, kept beside the check.
use axum::Json;
use axum::extract::{Path, State};

use super::events::Event;
use super::refusal::{Answered, Refusal};
use super::session::Session;
use super::{Shared, kept};
use crate::database::{DatabaseError, Statements};
use crate::lookup::{Entitlement, Question};

/// `POST /api/checks/{id}/entitlement`
pub(crate) async fn ask(State(desk): State<Shared>, _: Session, Path(id): Path<String>) -> Answered {
    let lookup = desk.lookup.as_ref().ok_or_else(|| {
        Refusal::conflict("lookup_not_configured", "this desk has no account at the insurance portal")
    })?;
    let check = kept::find(&desk, id).await?;
    let claims = check.answer.claims.ok_or(crate::his::NoPerson)?;
    let now = desk.now();
    let entitlement = match Question::of(&claims) {
        Some(question) => lookup.ask(&question, now).await,
        None => Entitlement::nothing_to_ask(now),
    };
    let (id, told) = (check.id, entitlement.clone());
    desk.database.run(move |statements| keep(statements, &id, &told)).await?;
    desk.tell(Event::Check);
    let answer = serde_json::to_value(entitlement);
    answer.map(Json).map_err(|_| Refusal::broken("answer", "the answer cannot be written"))
}

/// Keeps the newest answer. That nobody answered does not take the place of an answer.
fn keep(statements: &mut dyn Statements, id: &str, told: &Entitlement) -> Result<(), DatabaseError> {
    let answered = kept::load(statements, id)?
        .and_then(|check| serde_json::from_value::<Entitlement>(check.entitlement?).ok())
        .is_some_and(|kept| kept.result.is_answer());
    if answered && !told.result.is_answer() {
        return Ok(());
    }
    let text = serde_json::to_string(told).map_err(|_| DatabaseError::Shape)?;
    let change = "UPDATE checks SET entitlement = $1 WHERE id = $2";
    statements.execute(change, &[text.into(), id.into()]).map(drop)
}

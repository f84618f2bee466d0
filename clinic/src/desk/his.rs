//! A kept check in the forms of hospital software.
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::refusal::Refusal;
use super::session::Session;
use super::{Shared, kept};
use crate::his::lines::{self, Separator, USUAL};
use crate::his::row4750::{self, Visit};
use crate::his::{NoPerson, fhir};

impl From<NoPerson> for Refusal {
    fn from(_: NoPerson) -> Self {
        Self::conflict("nobody_shown", "this check showed nobody")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    fields: Option<String>,
    separator: Option<String>,
}

/// `GET /api/checks/{id}/lines`
pub(crate) async fn lines(
    State(desk): State<Shared>,
    _: Session,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let refused = Refusal::malformed("lines takes fields and separator (tab or newline)");
    let Query(asked) = asked.map_err(|_| refused)?;
    let separator = match asked.separator.as_deref() {
        None => Separator::default(),
        Some(name) => Separator::named(name).ok_or(refused)?,
    };
    let fields = match asked.fields.as_deref() {
        None => USUAL.to_vec(),
        Some(names) => lines::fields(names)
            .map_err(|_| Refusal::malformed("fields has a name that is not in the description"))?,
    };
    let check = kept::find_served(&desk, id).await?;
    // As a plain string this is text/plain in UTF-8.
    Ok(lines::text(&check.answer, &fields, separator)?.into_response())
}

/// `GET /api/checks/{id}/row4750`
pub(crate) async fn row4750(
    State(desk): State<Shared>,
    _: Session,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let check = kept::find_served(&desk, id).await?;
    let visit = Visit { facility: desk.facility.as_deref(), arrived: check.received_at };
    Ok(Json(row4750::row(&check.answer, &visit)?).into_response())
}

/// `GET /api/checks/{id}/fhir`
pub(crate) async fn fhir(
    State(desk): State<Shared>,
    _: Session,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let check = kept::find_served(&desk, id).await?;
    let bundle = fhir::bundle(&check.answer, &check.id, check.at)?;
    Ok(([(CONTENT_TYPE, "application/fhir+json")], bundle.to_string()).into_response())
}

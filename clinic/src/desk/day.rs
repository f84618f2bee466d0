//! The day's checks, for the list at reception.
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::kept::{self, Check};
use super::refusal::{Answered, Refusal};
use super::session::Session;

/// A day's list is no longer; a desk makes a few hundred checks.
const MOST: i64 = 5000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    date: Option<String>,
}

/// `GET /api/day`
pub(crate) async fn day(
    State(desk): State<Shared>,
    _: Session,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Answered {
    let refused = Refusal::malformed("date is a day as in 2027-01-15");
    let Query(asked) = asked.map_err(|_| refused)?;
    let date = match asked.date {
        None => kept::day(desk.now()),
        Some(date) => date.parse::<jiff::civil::Date>().map_err(|_| refused)?.to_string(),
    };
    let wanted = date.clone();
    let checks = desk.database.run(move |statements| kept::of_day(statements, &wanted, MOST)).await?;
    let checks: Vec<Value> = checks.iter().map(row).collect();
    Ok(Json(json!({"date": date, "checks": checks})))
}

fn row(check: &Check) -> Value {
    let claims = check.answer.claims.as_ref();
    let insurance = claims.and_then(|claims| claims.insurance.as_ref());
    let result = |entitlement: &Value| entitlement.get("result").cloned();
    let entitlement = check.entitlement.as_ref().and_then(result);
    json!({
        "id": check.id, "at": check.at.to_string(), "desk": check.desk, "clerk": check.clerk,
        "verdict": check.answer.verdict, "reasons": check.answer.reasons, "format": check.answer.format,
        "name": claims.map(|claims| &claims.name), "personal_number": claims.map(|claims| &claims.personal_number),
        "insurance_number": insurance.map(|insurance| &insurance.number), "face": check.face,
        "entitlement": entitlement.unwrap_or_else(|| check.answer.entitlement.clone().into()),
    })
}

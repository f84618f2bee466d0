//! Every address of the desk, in one table from which the router is built; the OpenAPI document is held against it.
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post};

use super::limits::{self, Room};
use super::refusal::Refusal;
use super::{
    Shared, body, challenges, checks, day, docs, entitlement, events, his, kept, offline, page, queue,
    session, state, synced,
};

/// Address, method, how it is answered.
type Route = (&'static str, &'static str, fn() -> MethodRouter<Shared>);

pub(crate) const ROUTES: &[Route] = &[
    ("/api/openapi.json", "get", || get(docs::document)),
    ("/api/docs", "get", || get(docs::page)),
    ("/api/session", "post", || post(session::log_in)),
    ("/api/session", "get", || get(session::who)),
    ("/api/session", "delete", || delete(session::log_out)),
    ("/api/state", "get", || get(state::state)),
    ("/api/checks", "post", || post(checks::text)),
    ("/api/checks/frames", "post", || post(checks::frames)),
    ("/api/checks/picture", "post", || post(checks::picture)),
    ("/api/checks/{id}", "get", || get(kept::check)),
    ("/api/checks/{id}/face", "post", || post(kept::face)),
    ("/api/checks/{id}/face", "delete", || delete(kept::withdraw_face)),
    ("/api/checks/{id}/lines", "get", || get(his::lines)),
    ("/api/checks/{id}/row4750", "get", || get(his::row4750)),
    ("/api/checks/{id}/fhir", "get", || get(his::fhir)),
    ("/api/checks/{id}/entitlement", "post", || post(entitlement::ask)),
    ("/api/challenges", "post", || post(challenges::ask)),
    ("/api/challenges/{id}", "get", || get(challenges::state)),
    ("/api/day", "get", || get(day::day)),
    ("/api/queue", "get", || get(queue::queue)),
    ("/api/queue", "post", || post(queue::add)),
    ("/api/queue/{id}", "post", || post(queue::step)),
    ("/api/offline", "get", || get(offline::offline)),
    ("/api/seen", "get", || get(offline::seen)),
    ("/api/seen", "post", || post(synced::seen)),
    ("/api/events", "get", || get(events::events)),
];

/// The page and its files; they are no part of the API.
const PAGE: &[Route] = &[("/", "get", || get(page::index)), ("/assets/{*name}", "get", || get(page::asset))];

/// The desk's service.
pub(crate) fn router(desk: Shared) -> Router {
    let routes = ROUTES.iter().chain(PAGE);
    routes
        .fold(Router::new(), |router, (address, _, answered)| router.route(address, answered()))
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || {
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this address is asked in another way",
            )
        })
        .layer(DefaultBodyLimit::max(body::LONGEST_PICTURE))
        .layer(from_fn_with_state(Room::new(), limits::bound))
        .layer(from_fn(limits::headers))
        .with_state(desk)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_nothing_else_is() {
        let document: serde_json::Value = serde_json::from_str(super::super::docs::DOCUMENT).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let described = paths.iter().flat_map(|(address, calls)| {
            let methods = calls.as_object().unwrap().keys();
            methods.map(|method| (address.clone(), method.clone()))
        });
        let built = ROUTES.iter().map(|(address, method, _)| ((*address).to_owned(), (*method).to_owned()));
        assert_eq!(described.collect::<BTreeSet<_>>(), built.collect::<BTreeSet<_>>());
    }
}

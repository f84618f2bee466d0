use super::*;

/// The routes as the router's own text has them.
fn routes() -> Vec<String> {
    let source = include_str!("../../nation.rs");
    source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let mut routes = routes();
    assert!(routes.len() > 30);
    let mut described: Vec<_> = CALLS.iter().map(|(_, path, ..)| (*path).to_owned()).collect();
    described.dedup();
    routes.sort();
    described.sort();
    assert_eq!(routes, described);
}

//! The nation in a box: register, card factory, chip, identity provider, issuer, status service.

pub mod chip;
pub mod factory;
mod nation;

pub use nation::{
    Capacity, DatabaseError, Insurance, MOST_PERSONS, PORTAL_PASSWORD, PORTAL_USER, Person, PhoneMakers,
    Place, RunningSandbox, Sandbox, SandboxConfig, SandboxError,
};

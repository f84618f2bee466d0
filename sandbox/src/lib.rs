//! The nation in a box: register, card factory, chip, identity provider, issuer, status service.

pub mod chip;
pub mod factory;
mod nation;

pub use nation::{
    Insurance, PORTAL_PASSWORD, PORTAL_USER, Person, RunningSandbox, Sandbox, SandboxConfig, SandboxError,
};

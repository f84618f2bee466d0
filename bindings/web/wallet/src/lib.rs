//! The wallet for a page or Node, as WebAssembly: a crate of its own, so that the clinic's page does not load it with the verifier.
//!
//! For integrators' tests and demonstrations. It converts and never decides: everything is `holder`'s. Ports are JavaScript
//! objects that are called synchronously, so that the wallet runs where waiting is allowed: in a worker, or in Node. What a port
//! throws is that port's failure where it says which, and `Unavailable` otherwise. **A key in JavaScript is never attested**, and the
//! roots of servers are those of the browser or of Node.
//!
//! Times are seconds since 1970-01-01 UTC. A port may not call the wallet that is calling it.

mod error;
#[cfg(target_family = "wasm")]
mod exports;

pub use error::SenError;

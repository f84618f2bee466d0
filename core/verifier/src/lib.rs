//! The verifier's decision, a named step per check.

//! Credential formats: issuer signature in, verified credential out.

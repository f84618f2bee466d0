//! Signatures as certificates, security objects and chips make them: ring first, RustCrypto for what ring lacks, the
//! own curve module for what nobody has.
mod algorithm;
#[cfg(test)]
mod algorithm_tests;
mod key;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vector_tests;
mod verify;

pub use algorithm::{Hash, Scheme};
pub(crate) use key::from_hex;
pub use key::{PublicKey, RsaKey};
pub use verify::{Verdict, verify, verify_prehashed_ecdsa};

//! Who is believed and when: strict CBOR, COSE, certificates, time, status lists, trust list, secrets.
pub mod anchors;
pub mod attestation;
pub mod cbor;
pub mod certificates;
pub mod confirmation;
pub mod cose;
pub mod p256;
pub mod random;
pub mod secret;
pub mod status;
pub mod time;

#[cfg(test)]
pub(crate) mod testkey;

//! Who is believed and when: strict CBOR, COSE, certificates, time, status lists, trust list, secrets.
pub mod cbor;
pub mod cose;
pub mod p256;
pub mod random;
pub mod secret;
pub mod time;

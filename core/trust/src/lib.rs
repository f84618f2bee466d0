//! Who is believed and when: strict CBOR, COSE, certificates, time, status lists, trust list, secrets.

//! What holder and verifier exchange: key-binding token, QR frame, QR code.

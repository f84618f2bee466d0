//! The core over uniffi: converts, never decides.

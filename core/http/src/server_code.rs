//! The error codes that servers answer with, as one closed list.

macro_rules! server_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// The code in an error answer: `{"error": "..."}`. Text that is not in the list becomes [`ServerCode::Other`], so
        /// that nothing a server writes travels further as text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[non_exhaustive]
        pub enum ServerCode {
            /// The answer carries no code.
            #[default]
            None,
            /// A code that this list does not hold.
            Other,
            $($(#[$doc])* $name,)+
        }

        impl ServerCode {
            /// The code as servers write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::None => "none",
                    Self::Other => "other",
                    $(Self::$name => $text,)+
                }
            }

            /// The code that stands for `text`.
            pub fn from_text(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)+
                    _ => Self::Other,
                }
            }
        }
    };
}

server_codes! {
    /// RFC 6749 section 5.2.
    InvalidRequest = "invalid_request",
    /// RFC 6749 section 5.2.
    InvalidClient = "invalid_client",
    /// RFC 6749 section 5.2; at the token endpoint also a wrong transaction code (OpenID4VCI 1.0 section 6.3).
    InvalidGrant = "invalid_grant",
    /// RFC 6749 section 5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749 section 5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749 section 5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749 section 4.1.2.1.
    AccessDenied = "access_denied",
    /// RFC 6749 section 4.1.2.1.
    ServerError = "server_error",
    /// RFC 6749 section 4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// RFC 8628 section 3.5.
    AuthorizationPending = "authorization_pending",
    /// RFC 8628 section 3.5.
    SlowDown = "slow_down",
    /// RFC 8628 section 3.5.
    ExpiredToken = "expired_token",
    /// RFC 6750 section 3.1.
    InvalidToken = "invalid_token",
    /// RFC 6750 section 3.1.
    InsufficientScope = "insufficient_scope",
    /// RFC 9449 section 8.
    UseDpopNonce = "use_dpop_nonce",
    /// RFC 9449 section 5.
    InvalidDpopProof = "invalid_dpop_proof",
    /// Attestation-based client authentication.
    UseAttestationChallenge = "use_attestation_challenge",
    /// Attestation-based client authentication.
    UseFreshAttestation = "use_fresh_attestation",
    /// Attestation-based client authentication.
    InvalidClientAttestation = "invalid_client_attestation",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidCredentialRequest = "invalid_credential_request",
    /// OpenID4VCI 1.0 section 8.3.1.
    UnknownCredentialConfiguration = "unknown_credential_configuration",
    /// OpenID4VCI 1.0 section 8.3.1.
    UnknownCredentialIdentifier = "unknown_credential_identifier",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidProof = "invalid_proof",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidNonce = "invalid_nonce",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidEncryptionParameters = "invalid_encryption_parameters",
    /// OpenID4VCI 1.0 section 8.3.1.
    CredentialRequestDenied = "credential_request_denied",
    /// OpenID4VCI 1.0 section 9.3.
    InvalidTransactionId = "invalid_transaction_id",
    /// OpenID4VCI 1.0 section 11.3.
    InvalidNotificationId = "invalid_notification_id",
    /// OpenID4VCI 1.0 section 11.3.
    InvalidNotificationRequest = "invalid_notification_request",
    /// OpenID4VP 1.0 section 8.5.
    InvalidTransactionData = "invalid_transaction_data",
    /// OpenID4VP 1.0 section 8.5.
    InvalidRequestUriMethod = "invalid_request_uri_method",
    /// OpenID4VP 1.0 section 8.5.
    VpFormatsNotSupported = "vp_formats_not_supported",
    /// OpenID4VP 1.0 section 8.5.
    WalletUnavailable = "wallet_unavailable",
    /// Account: the personal number is not in the register.
    UnknownPerson = "unknown_person",
    /// Account: the phone is not registered to this person.
    PhoneNotRegistered = "phone_not_registered",
    /// Account: this person has an active account already.
    AlreadyActive = "already_active",
    /// Account: the register says that this person has died.
    PersonDeceased = "person_deceased",
    /// Account: the one-time code is wrong.
    WrongCode = "wrong_code",
    /// Account: the one-time code is too old.
    CodeExpired = "code_expired",
    /// Account: too many wrong codes.
    TooManyAttempts = "too_many_attempts",
    /// Account: the server refuses the card's evidence.
    CardNotGenuine = "card_not_genuine",
    /// Account: the PIN is wrong.
    WrongPin = "wrong_pin",
    /// Account: after too many wrong PINs the server waits; `Retry-After` says how long.
    PinDelayed = "pin_delayed",
    /// Account: the PIN is blocked and must be recovered.
    PinBlocked = "pin_blocked",
    /// Account: no PIN has been set.
    NoPin = "no_pin",
    /// Account: the card is another person's.
    CardNumberMismatch = "card_number_mismatch",
    /// Account: the chip's answer to the challenge is wrong.
    ActiveAuthenticationFailed = "active_authentication_failed",
    /// Account: the face is not the card's.
    FaceNotMatched = "face_not_matched",
    /// Account: the step-up nonce is unknown or used.
    NonceUnknown = "nonce_unknown",
    /// Account: the card has expired.
    CardExpired = "card_expired",
    /// Account: this needs a higher level.
    LevelRequired = "level_required",
    /// Account: the account is locked.
    AccountLocked = "account_locked",
    /// Account: no such account on this device.
    AccountUnknown = "account_unknown",
    /// Account: the account is not active.
    AccountNotActive = "account_not_active",
    /// Account: the challenge is unknown, used or too old.
    ChallengeUnknown = "challenge_unknown",
    /// Account: the message's number was used before.
    SequenceReplayed = "sequence_replayed",
    /// Account: the message is not a signed account message.
    MalformedMessage = "malformed_message",
    /// Account: the message's signature is wrong.
    BadSignature = "bad_signature",
    /// Account: the message is for another provider.
    WrongAudience = "wrong_audience",
    /// Account: the message is for another operation.
    WrongOperation = "wrong_operation",
    /// Account: the message's time is not now.
    ClockSkew = "clock_skew",
    /// Account: this lock was not set by the holder.
    NotHolderLock = "not_holder_lock",
    /// Account: there is no such document.
    CredentialUnknown = "credential_unknown",
    /// Account: there is no picture.
    CaptureMissing = "capture_missing",
    /// Account: the card's portrait is missing.
    FaceMissing = "face_missing",
    /// Account: the face statement is not about this.
    FaceStatementInvalid = "face_statement_invalid",
    /// Chip proof: a digest differs.
    DigestMismatch = "digest_mismatch",
    /// Chip proof: the document's signature is wrong.
    SignatureInvalid = "signature_invalid",
    /// Chip proof: the certificate chain is wrong.
    ChainInvalid = "chain_invalid",
    /// Chip proof: a certificate is not valid now.
    Expired = "expired",
    /// Chip proof: a data group is not covered.
    DataGroupNotInSod = "data_group_not_in_sod",
    /// Chip proof: two data groups disagree.
    DataGroupsDisagree = "data_groups_disagree",
    /// Chip proof: an algorithm is not supported.
    UnsupportedAlgorithm = "unsupported_algorithm",
    /// Chip proof: no trust anchor.
    NoTrustAnchor = "no_trust_anchor",
    /// Chip proof: nothing of the above, and still no proof.
    NotProven = "not_proven",
    /// Chip proof: a file cannot be read.
    Malformed = "malformed",
}

impl From<Option<&str>> for ServerCode {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::None, Self::from_text)
    }
}

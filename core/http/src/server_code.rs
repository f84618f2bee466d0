//! The error codes that servers answer with, as one closed list.

macro_rules! server_codes {
    ($($(#[$doc:meta])* $name:ident = $group:literal $text:literal),+ $(,)?) => {
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

            /// The code with the part it belongs to, such as `account.wrong_code` or `issuer.invalid_nonce`.
            pub fn qualified(self) -> &'static str {
                match self {
                    Self::None => "server.refused",
                    Self::Other => "server.other",
                    $(Self::$name => concat!($group, ".", $text),)+
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
    InvalidRequest = "issuer" "invalid_request",
    /// RFC 6749 section 5.2.
    InvalidClient = "issuer" "invalid_client",
    /// RFC 6749 section 5.2; at the token endpoint also a wrong transaction code (OpenID4VCI 1.0 section 6.3).
    InvalidGrant = "issuer" "invalid_grant",
    /// RFC 6749 section 5.2.
    UnauthorizedClient = "issuer" "unauthorized_client",
    /// RFC 6749 section 5.2.
    UnsupportedGrantType = "issuer" "unsupported_grant_type",
    /// RFC 6749 section 5.2.
    InvalidScope = "issuer" "invalid_scope",
    /// RFC 6749 section 4.1.2.1.
    AccessDenied = "issuer" "access_denied",
    /// RFC 6749 section 4.1.2.1.
    ServerError = "issuer" "server_error",
    /// RFC 6749 section 4.1.2.1.
    TemporarilyUnavailable = "issuer" "temporarily_unavailable",
    /// RFC 8628 section 3.5.
    AuthorizationPending = "issuer" "authorization_pending",
    /// RFC 8628 section 3.5.
    SlowDown = "issuer" "slow_down",
    /// RFC 8628 section 3.5.
    ExpiredToken = "issuer" "expired_token",
    /// RFC 6750 section 3.1.
    InvalidToken = "issuer" "invalid_token",
    /// RFC 6750 section 3.1.
    InsufficientScope = "issuer" "insufficient_scope",
    /// RFC 9449 section 8.
    UseDpopNonce = "issuer" "use_dpop_nonce",
    /// RFC 9449 section 5.
    InvalidDpopProof = "issuer" "invalid_dpop_proof",
    /// What the phone's platform says of a key is not believed.
    AttestationRefused = "account" "attestation_refused",
    /// No platform vouches for the key.
    NotAttested = "account" "not_attested",
    /// No phones of this maker are believed.
    PlatformUnknown = "account" "platform_unknown",
    /// Attestation-based client authentication.
    UseAttestationChallenge = "issuer" "use_attestation_challenge",
    /// Attestation-based client authentication.
    UseFreshAttestation = "issuer" "use_fresh_attestation",
    /// Attestation-based client authentication.
    InvalidClientAttestation = "issuer" "invalid_client_attestation",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidCredentialRequest = "issuer" "invalid_credential_request",
    /// OpenID4VCI 1.0 section 8.3.1.
    UnknownCredentialConfiguration = "issuer" "unknown_credential_configuration",
    /// OpenID4VCI 1.0 section 8.3.1.
    UnknownCredentialIdentifier = "issuer" "unknown_credential_identifier",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidProof = "issuer" "invalid_proof",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidNonce = "issuer" "invalid_nonce",
    /// OpenID4VCI 1.0 section 8.3.1.
    InvalidEncryptionParameters = "issuer" "invalid_encryption_parameters",
    /// OpenID4VCI 1.0 section 8.3.1.
    CredentialRequestDenied = "issuer" "credential_request_denied",
    /// OpenID4VCI 1.0 section 9.3.
    InvalidTransactionId = "issuer" "invalid_transaction_id",
    /// OpenID4VCI 1.0 section 11.3.
    InvalidNotificationId = "issuer" "invalid_notification_id",
    /// OpenID4VCI 1.0 section 11.3.
    InvalidNotificationRequest = "issuer" "invalid_notification_request",
    /// OpenID4VP 1.0 section 8.5.
    InvalidTransactionData = "issuer" "invalid_transaction_data",
    /// OpenID4VP 1.0 section 8.5.
    InvalidRequestUriMethod = "issuer" "invalid_request_uri_method",
    /// OpenID4VP 1.0 section 8.5.
    VpFormatsNotSupported = "issuer" "vp_formats_not_supported",
    /// OpenID4VP 1.0 section 8.5.
    WalletUnavailable = "issuer" "wallet_unavailable",
    /// Account: the personal number is not in the register.
    UnknownPerson = "account" "unknown_person",
    /// Account: the phone is not registered to this person.
    PhoneNotRegistered = "account" "phone_not_registered",
    /// Account: this person has an active account already.
    AlreadyActive = "account" "already_active",
    /// Account: the register says that this person has died.
    PersonDeceased = "account" "person_deceased",
    /// Account: the one-time code is wrong.
    WrongCode = "account" "wrong_code",
    /// Account: the one-time code is too old.
    CodeExpired = "account" "code_expired",
    /// Account: too many wrong codes.
    TooManyAttempts = "account" "too_many_attempts",
    /// Account: the server refuses the card's evidence.
    CardNotGenuine = "account" "card_not_genuine",
    /// Account: the PIN is wrong.
    WrongPin = "account" "wrong_pin",
    /// Account: after too many wrong PINs the server waits; `Retry-After` says how long.
    PinDelayed = "account" "pin_delayed",
    /// Account: the PIN is blocked and must be recovered.
    PinBlocked = "account" "pin_blocked",
    /// Account: no PIN has been set.
    NoPin = "account" "no_pin",
    /// Account: there is a PIN already.
    PinIsSet = "account" "pin_is_set",
    /// Account: the week for activating is over; the hotline helps.
    ActivationOverdue = "account" "activation_overdue",
    /// Account: this key has another use already.
    KeyInUse = "account" "key_in_use",
    /// Account: this phone takes over later; `Retry-After` says when.
    DeviceWaiting = "account" "device_waiting",
    /// Account: the account is on another phone now.
    DeviceReplaced = "account" "device_replaced",
    /// Account: this phone was reported lost.
    DeviceRevoked = "account" "device_revoked",
    /// Account: nothing waits that could be cancelled.
    NothingPending = "account" "nothing_pending",
    /// Account: no phone handed the account over to this key.
    NoHandOver = "account" "no_hand_over",
    /// Account: no phone awaits a reading of a card.
    NoReadingAwaited = "account" "no_reading_awaited",
    /// Account: the card is another person's.
    CardNumberMismatch = "account" "card_number_mismatch",
    /// Account: the chip's answer to the challenge is wrong.
    ActiveAuthenticationFailed = "account" "active_authentication_failed",
    /// Account: the face is not the card's.
    FaceNotMatched = "account" "face_not_matched",
    /// Account: the step-up nonce is unknown or used.
    NonceUnknown = "account" "nonce_unknown",
    /// Account: the card has expired.
    CardExpired = "account" "card_expired",
    /// Account: this needs a higher level.
    LevelRequired = "account" "level_required",
    /// Account: the account is locked.
    AccountLocked = "account" "account_locked",
    /// Account: the person is not in the holder's care.
    NotInCare = "account" "not_in_care",
    /// Account: it is not locked for the reason that was to end.
    NotLocked = "account" "not_locked",
    /// Account: level 2 is for persons of six years or more.
    TooYoung = "account" "too_young",
    /// Account: no such account on this device.
    AccountUnknown = "account" "account_unknown",
    /// Account: the account is not active.
    AccountNotActive = "account" "account_not_active",
    /// Account: the challenge is unknown, used or too old.
    ChallengeUnknown = "account" "challenge_unknown",
    /// Account: the message's number was used before.
    SequenceReplayed = "account" "sequence_replayed",
    /// Account: the message is not a signed account message.
    MalformedMessage = "account" "malformed_message",
    /// Account: the message's signature is wrong.
    BadSignature = "account" "bad_signature",
    /// Account: the message is for another provider.
    WrongAudience = "account" "wrong_audience",
    /// Account: the message is for another operation.
    WrongOperation = "account" "wrong_operation",
    /// Account: the message's time is not now.
    ClockSkew = "account" "clock_skew",
    /// Account: this lock was not set by the holder.
    NotHolderLock = "account" "not_holder_lock",
    /// Account: there is no such document.
    CredentialUnknown = "account" "credential_unknown",
    /// Account: there is no picture.
    CaptureMissing = "account" "capture_missing",
    /// Account: the card's portrait is missing.
    FaceMissing = "account" "face_missing",
    /// Account: the face statement is not about this.
    FaceStatementInvalid = "account" "face_statement_invalid",
    /// Chip proof: a digest differs.
    DigestMismatch = "card" "digest_mismatch",
    /// Chip proof: the document's signature is wrong.
    SignatureInvalid = "card" "signature_invalid",
    /// Chip proof: the certificate chain is wrong.
    ChainInvalid = "card" "chain_invalid",
    /// Chip proof: a certificate is not valid now.
    Expired = "card" "expired",
    /// Chip proof: a data group is not covered.
    DataGroupNotInSod = "card" "data_group_not_in_sod",
    /// Chip proof: two data groups disagree.
    DataGroupsDisagree = "card" "data_groups_disagree",
    /// Chip proof: an algorithm is not supported.
    UnsupportedAlgorithm = "card" "unsupported_algorithm",
    /// Chip proof: no trust anchor.
    NoTrustAnchor = "card" "no_trust_anchor",
    /// Chip proof: nothing of the above, and still no proof.
    NotProven = "card" "not_proven",
    /// Chip proof: a file cannot be read.
    Malformed = "card" "malformed",
}

impl From<Option<&str>> for ServerCode {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::None, Self::from_text)
    }
}

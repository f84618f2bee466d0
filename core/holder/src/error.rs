//! One error for the shells: what to do next, and a stable code.

use card::messaging::MessagingError;
use card::{ReadError, TransportError};
use http_client::{NoNetworkReason, ServerCode};
use presentation::challenge::ChallengeError;
use presentation::frame::FrameError;

use crate::account::AccountError;
use crate::history::HistoryError;
use crate::issuance::IssuanceError;
use crate::online::{OnlineError, VerifierWords};
use crate::pin::PinRefused;
use crate::ports::{KeyError, SecretStoreError};
use crate::present::PresentError;
use crate::store::StoreError;

/// Why a use case of the wallet failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// On the way to a server, or by a server's refusal.
    #[error(transparent)]
    Network(#[from] http_client::Error),
    /// While reading the card.
    #[error(transparent)]
    Card(#[from] ReadError),
    /// By the device's key store.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// By the device's secret store.
    #[error(transparent)]
    Secret(#[from] SecretStoreError),
    /// In the wallet's file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// With the account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A PIN that is not taken.
    #[error(transparent)]
    Pin(#[from] PinRefused),
    /// While obtaining a credential.
    #[error(transparent)]
    Issuance(#[from] IssuanceError),
    /// While presenting.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// With what is to go into the history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// While answering a request over the network.
    #[error(transparent)]
    Online(#[from] OnlineError),
    /// By a verifier that took no answer and said why.
    #[error("{refusal}")]
    Verifier {
        /// The refusal.
        refusal: http_client::Error,
        /// Its own words.
        words: VerifierWords,
    },
}

/// What the shell does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Hold the card to the phone again.
    TryCardAgain,
    /// Ask for the CAN or MRZ again; never retried by itself.
    WrongAccessKey,
    /// Stop: this card is not what it claims to be.
    CardNotGenuine,
    /// Say that this card cannot be used.
    CardUnsupported,
    /// Enrol again: keys or records are gone for good.
    DeviceKeyLost,
    /// Do nothing: the person declined.
    UserCancelled,
    /// Offer to try again later; what works offline still works.
    NoNetwork,
    /// Say what the provider or issuer refused.
    IssuerRefused,
    /// Obtain the credential again.
    CredentialExpired,
    /// Ask for what is missing or was typed wrongly: an account, a code, a credential.
    NotReady,
    /// Report it.
    Bug,
}

impl Error {
    /// What the shell does next.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Network(error) | Self::Verifier { refusal: error, .. } => network_kind(error),
            Self::Card(error) => card_kind(error),
            Self::Key(KeyError::Lost)
            | Self::Account(AccountError::Replaced | AccountError::ReportedLost) => Kind::DeviceKeyLost,
            Self::Key(KeyError::UserCancelled | KeyError::Locked)
            | Self::Secret(SecretStoreError::UserCancelled) => Kind::UserCancelled,
            Self::Store(StoreError::SecretLost | StoreError::Tampered | StoreError::RolledBack) => {
                Kind::DeviceKeyLost
            }
            Self::Key(KeyError::Unavailable)
            | Self::Secret(SecretStoreError::Unavailable)
            | Self::Store(_)
            | Self::Present(PresentError::Bug) => Kind::Bug,
            Self::Account(AccountError::UnexpectedAnswer | AccountError::Cancelled)
            | Self::Present(PresentError::BadStatement) => Kind::IssuerRefused,
            Self::Account(AccountError::NoActiveResponse | AccountError::NoFace) => Kind::CardUnsupported,
            Self::Account(
                AccountError::NoAccount
                | AccountError::AlreadyActive
                | AccountError::BadProvider
                | AccountError::NoPin
                | AccountError::NotInUse
                | AccountError::NotHandedOver
                | AccountError::BadTransferCode
                | AccountError::TransferCodeOld
                | AccountError::BadReaderCode
                | AccountError::ReaderCodeOld
                | AccountError::BadReading,
            )
            | Self::Present(
                PresentError::NoCredential
                | PresentError::ConsentOver
                | PresentError::GuardianNeeded
                | PresentError::NoMinor
                | PresentError::LevelTooLow
                | PresentError::LevelNotStated
                | PresentError::StatementOld
                | PresentError::NoPortrait,
            )
            | Self::Pin(_)
            | Self::History(_) => Kind::NotReady,
            Self::Issuance(error) => error.kind(),
            Self::Online(error) => error.kind(),
            Self::Present(PresentError::Expired) => Kind::CredentialExpired,
            Self::Present(PresentError::Challenge(error)) => challenge_kind(*error),
        }
    }

    /// A stable name for the reason, such as `account.wrong_code`; never shown as it is, never reworded.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Network(error) | Self::Verifier { refusal: error, .. } => network_code(error),
            Self::Card(error) => card_code(error),
            Self::Key(KeyError::Lost) => "key.lost",
            Self::Key(KeyError::Locked) => "key.locked",
            Self::Key(KeyError::UserCancelled) => "key.cancelled",
            Self::Key(KeyError::Unavailable) => "key.unavailable",
            Self::Secret(SecretStoreError::UserCancelled) => "secret.cancelled",
            Self::Secret(SecretStoreError::Unavailable) => "secret.unavailable",
            Self::Store(error) => error.code(),
            Self::Account(error) => error.code(),
            Self::Pin(PinRefused::NotSixDigits) => "pin.not_six_digits",
            Self::Pin(PinRefused::TooEasy) => "pin.too_easy",
            Self::History(HistoryError::NoEntry) => "history.no_entry",
            Self::History(HistoryError::BadWords) => "history.bad_words",
            Self::Issuance(error) => error.code(),
            Self::Online(error) => error.code(),
            Self::Present(PresentError::NoCredential) => "present.no_credential",
            Self::Present(PresentError::Expired) => "present.expired",
            Self::Present(PresentError::ConsentOver) => "present.consent_over",
            Self::Present(PresentError::GuardianNeeded) => "present.guardian_needed",
            Self::Present(PresentError::NoMinor) => "present.no_minor",
            Self::Present(PresentError::LevelTooLow) => "present.level_too_low",
            Self::Present(PresentError::LevelNotStated) => "present.level_not_stated",
            Self::Present(PresentError::StatementOld) => "present.statement_old",
            Self::Present(PresentError::BadStatement) => "present.bad_statement",
            Self::Present(PresentError::NoPortrait) => "present.no_portrait",
            Self::Present(PresentError::Challenge(error)) => challenge_code(*error),
            Self::Present(PresentError::Bug) => "present.bug",
        }
    }

    /// The code that a server refused with, where one did.
    pub fn server_code(&self) -> ServerCode {
        self.network().map_or(ServerCode::None, http_client::Error::server_code)
    }

    /// Attempts that a server says are left, after a wrong code.
    pub fn attempts_left(&self) -> Option<u32> {
        self.server_refusal()?.attempts_left
    }

    /// Seconds that a server asks to wait.
    pub fn retry_after(&self) -> Option<u32> {
        self.server_refusal()?.retry_after
    }

    /// What a verifier said when it refused an answer: to be shown as its own words.
    pub const fn verifier_words(&self) -> Option<&VerifierWords> {
        match self {
            Self::Verifier { words, .. } => Some(words),
            _ => None,
        }
    }

    const fn network(&self) -> Option<&http_client::Error> {
        match self {
            Self::Network(error) | Self::Verifier { refusal: error, .. } => Some(error),
            _ => None,
        }
    }

    fn server_refusal(&self) -> Option<&http_client::Refusal> {
        match self.network()? {
            http_client::Error::Status(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// True where somebody said no, also to a PIN or code that can be typed again; false where nobody could be asked.
    pub(crate) fn is_refusal(&self) -> bool {
        match self.kind() {
            Kind::IssuerRefused | Kind::UserCancelled | Kind::CardNotGenuine | Kind::CredentialExpired => {
                true
            }
            Kind::NotReady => {
                let code_wrong = matches!(self, Self::Issuance(IssuanceError::TransactionCodeWrong));
                code_wrong || self.server_code() != ServerCode::None
            }
            _ => false,
        }
    }
}

/// A desk that nobody known has named is refused; a code that was read badly or is over is scanned again.
const fn challenge_kind(error: ChallengeError) -> Kind {
    match error {
        ChallengeError::UnknownAuthority
        | ChallengeError::AuthoritySignature
        | ChallengeError::CertificateExpired
        | ChallengeError::DeskWithdrawn
        | ChallengeError::DeskSignature => Kind::IssuerRefused,
        _ => Kind::NotReady,
    }
}

const fn challenge_code(error: ChallengeError) -> &'static str {
    match error {
        ChallengeError::UnknownAuthority => "challenge.unknown_authority",
        ChallengeError::AuthoritySignature => "challenge.authority_signature",
        ChallengeError::CertificateExpired => "challenge.certificate_expired",
        ChallengeError::DeskSignature => "challenge.desk_signature",
        ChallengeError::DeskWithdrawn => "challenge.desk_withdrawn",
        ChallengeError::NotYetValid => "challenge.not_yet_valid",
        ChallengeError::Expired => "challenge.expired",
        ChallengeError::Frame(FrameError::ScanIncomplete) => "challenge.scan_incomplete",
        _ => "challenge.malformed",
    }
}

fn network_kind(error: &http_client::Error) -> Kind {
    use http_client::Error as E;
    match error {
        E::NoNetwork(_) => Kind::NoNetwork,
        E::Status(refusal) => match refusal.code {
            ServerCode::CardNotGenuine | ServerCode::ActiveAuthenticationFailed => Kind::CardNotGenuine,
            ServerCode::WrongCode | ServerCode::WrongPin | ServerCode::NoPin | ServerCode::LevelRequired => {
                Kind::NotReady
            }
            ServerCode::None | ServerCode::SlowDown | ServerCode::TemporarilyUnavailable
                if refusal.status == 429 || refusal.status >= 500 =>
            {
                Kind::NoNetwork
            }
            _ => Kind::IssuerRefused,
        },
        E::Tls(_) | E::TooLarge { .. } | E::Malformed(_) | E::Redirected => Kind::IssuerRefused,
        E::BadAddress | E::BadRoots => Kind::NotReady,
        _ => Kind::Bug,
    }
}

fn network_code(error: &http_client::Error) -> &'static str {
    use http_client::Error as E;
    match error {
        E::NoNetwork(NoNetworkReason::TimedOut) => "network.timeout",
        E::NoNetwork(NoNetworkReason::Interrupted) => "network.interrupted",
        E::NoNetwork(_) => "network.unreachable",
        E::Tls(_) => "network.tls",
        E::TooLarge { .. } => "network.too_large",
        E::Malformed(_) => "network.malformed",
        E::Redirected => "network.redirected",
        E::BadAddress => "network.bad_address",
        E::BadRoots => "network.bad_roots",
        E::Status(refusal) => refusal.code.qualified(),
        _ => "network.bug",
    }
}

fn card_kind(error: &ReadError) -> Kind {
    match error {
        ReadError::Transport(TransportError::TagLost | TransportError::Timeout)
        | ReadError::SessionLost(_)
        | ReadError::Messaging(_) => Kind::TryCardAgain,
        ReadError::Transport(TransportError::UserCancelled) | ReadError::Cancelled => Kind::UserCancelled,
        ReadError::Transport(TransportError::Unavailable) => Kind::NotReady,
        ReadError::WrongAccessKey => Kind::WrongAccessKey,
        ReadError::ChipNotGenuine | ReadError::AccessDowngraded => Kind::CardNotGenuine,
        ReadError::AccessNotOffered
        | ReadError::AccessRefused(_)
        | ReadError::AccessMalformed
        | ReadError::File { .. }
        | ReadError::TooLarge(_)
        | ReadError::CommandTooLong
        | ReadError::Malformed(_) => Kind::CardUnsupported,
        _ => Kind::Bug,
    }
}

fn card_code(error: &ReadError) -> &'static str {
    match error {
        ReadError::Transport(TransportError::TagLost) => "card.lost",
        ReadError::Transport(TransportError::Timeout) => "card.timeout",
        ReadError::Transport(TransportError::UserCancelled) | ReadError::Cancelled => "card.cancelled",
        ReadError::Transport(TransportError::Unavailable) => "card.no_reader",
        ReadError::WrongAccessKey => "card.wrong_access_key",
        ReadError::AccessNotOffered => "card.access.not_offered",
        ReadError::AccessDowngraded => "card.access.downgraded",
        ReadError::AccessRefused(_) => "card.access.refused",
        ReadError::AccessMalformed => "card.access.malformed",
        ReadError::CommandTooLong => "card.command_too_long",
        ReadError::SessionLost(_) => "card.session_lost",
        ReadError::Messaging(MessagingError::Malformed) => "card.messaging.malformed",
        ReadError::Messaging(MessagingError::WrongChecksum) => "card.messaging.mac",
        ReadError::Messaging(MessagingError::WrongPadding) => "card.messaging.padding",
        ReadError::File { .. } => "card.file.refused",
        ReadError::TooLarge(_) => "card.file.too_large",
        ReadError::Malformed(_) => "card.file.malformed",
        ReadError::ChipNotGenuine => "card.chip_not_genuine",
        _ => "card.bug",
    }
}

impl StoreError {
    fn code(self) -> &'static str {
        match self {
            Self::Unavailable => "store.unavailable",
            Self::Tampered => "store.tampered",
            Self::RolledBack => "store.rolled_back",
            Self::TooNew => "store.too_new",
            Self::SecretLost => "store.secret_lost",
            Self::BadSecret => "store.bad_secret",
            Self::Record => "store.record",
            Self::Random => "store.random",
            Self::Bug => "store.bug",
        }
    }
}

impl AccountError {
    fn code(self) -> &'static str {
        match self {
            Self::NoAccount => "account.no_account",
            Self::NoPin => "account.no_pin",
            Self::AlreadyActive => "account.already_active",
            Self::BadProvider => "account.bad_provider",
            Self::UnexpectedAnswer => "account.unexpected_answer",
            Self::NoActiveResponse => "account.no_active_response",
            Self::NoFace => "account.no_face",
            Self::Replaced => "account.device_replaced",
            Self::ReportedLost => "account.device_revoked",
            Self::Cancelled => "account.move_cancelled",
            Self::NotInUse => "account.not_in_use",
            Self::NotHandedOver => "account.no_hand_over",
            Self::BadTransferCode => "account.bad_transfer_code",
            Self::TransferCodeOld => "account.transfer_code_old",
            Self::BadReaderCode => "account.bad_reader_code",
            Self::ReaderCodeOld => "account.reader_code_old",
            Self::BadReading => "account.bad_reading",
        }
    }
}

impl IssuanceError {
    fn kind(self) -> Kind {
        match self {
            Self::TransactionCodeRequired
            | Self::TransactionCodeUnexpected
            | Self::TransactionCodeWrong
            | Self::NotFound
            | Self::NotRefreshable
            | Self::BadAnchors
            | Self::BadOffer => Kind::NotReady,
            Self::Declined => Kind::UserCancelled,
            _ => Kind::IssuerRefused,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::BadOffer => "issuance.bad_offer",
            Self::GrantUnsupported => "issuance.grant_unsupported",
            Self::IssuerMixUp => "issuance.issuer_mix_up",
            Self::BadMetadata => "issuance.bad_metadata",
            Self::EncryptionUnsupported => "issuance.encryption_unsupported",
            Self::MetadataSigner => "issuance.metadata_signer",
            Self::MetadataNotValidNow => "issuance.metadata_not_valid_now",
            Self::UnknownConfiguration => "issuance.unknown_configuration",
            Self::FormatUnsupported => "issuance.format_unsupported",
            Self::ProofUnsupported => "issuance.proof_unsupported",
            Self::AttestationUnavailable => "issuance.attestation_unavailable",
            Self::TransactionCodeRequired => "issuance.tx_code_required",
            Self::TransactionCodeUnexpected => "issuance.tx_code_unexpected",
            Self::TransactionCodeWrong => "issuance.tx_code_wrong",
            Self::BadToken => "issuance.bad_token",
            Self::Deferred => "issuance.deferred",
            Self::BadCredential => "issuance.bad_credential",
            Self::TrustList => "issuance.trust_list",
            Self::UnknownIssuer => "issuance.unknown_issuer",
            Self::IssuerSignature => "issuance.issuer_signature",
            Self::WrongKey => "issuance.wrong_key",
            Self::WrongType => "issuance.wrong_type",
            Self::NotValidNow => "issuance.not_valid_now",
            Self::Declined => "issuance.declined",
            Self::AuthorisationFailed => "issuance.authorisation_failed",
            Self::BadAnchors => "issuance.bad_anchors",
            Self::NotRefreshable => "issuance.not_refreshable",
            Self::NotFound => "credential.not_found",
        }
    }
}

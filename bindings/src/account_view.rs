//! How an account stands, as plain records.

/// What the account can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AccountState {
    /// The one-time code is awaited.
    AwaitingCode,
    /// The consent of a guardian is awaited.
    AwaitingConsent,
    /// It was not activated within a week; the hotline helps.
    ActivationOverdue,
    /// In use.
    Active,
    /// Locked: the view says why.
    Locked,
    /// Blocked after too many wrong PINs, until the PIN is recovered.
    Blocked,
    /// Its phone was reported lost; a new phone has to prove its holder.
    Recovery,
    /// Ended by its holder.
    Closed,
    /// This new phone is proving its holder.
    Proving,
    /// This new phone waits until the time to object is over.
    Waiting,
    /// This new phone shows its code to the old one.
    Receiving,
    /// This new phone does not get the account: somebody objected.
    Cancelled,
    /// The account is on another phone; this one was emptied.
    Replaced,
    /// This phone was reported lost and emptied.
    Lost,
    /// The device lost the key that speaks for the account: it comes back with the card, or from the old phone.
    KeyLost,
    /// One that this version has no words for.
    Other,
}

/// Who locked an account, or why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LockedBy {
    /// The holder, who can unlock it.
    Holder,
    /// The terms of use were broken.
    Terms,
    /// The card was withdrawn or kept.
    CardWithdrawn,
    /// The holder died.
    Death,
    /// A competent body asked.
    Authority,
    /// The card or the right of residence expired.
    Expiry,
    /// The guardian.
    Guardian,
    /// Another reason; the holder cannot unlock it.
    Other,
}

/// How the level was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LevelMethod {
    /// The chip answered the server's challenge and the face was compared.
    ChipAndFace,
    /// An officer at a counter.
    Counter,
    /// Another way.
    Other,
}

/// What waits for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PendingKind {
    /// The account moves to a new phone.
    Phone,
    /// The forgotten PIN is freed.
    Pin,
    /// Something else.
    Other,
}

/// What takes effect later, if nobody cancels it from the phone in use.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Pending {
    /// What it is.
    pub kind: PendingKind,
    /// What the new phone is called.
    pub name: String,
    /// When, by the provider's clock.
    pub effective_at: i64,
}

/// Whether a phone is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PhoneState {
    /// The one in use.
    Active,
    /// Another took its place.
    Replaced,
    /// Reported lost.
    Lost,
    /// Something else.
    Other,
}

/// A phone that the provider knows for this account.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Phone {
    /// What its owner calls it.
    pub name: String,
    /// Base64url thumbprint (RFC 7638) of its instance key.
    pub thumbprint: String,
    /// Whether it is in use.
    pub state: PhoneState,
}

/// How the PIN stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PinStanding {
    /// Whether one has been set.
    pub set: bool,
    /// Blocked for good: only recovery helps.
    pub blocked: bool,
    /// Until when the provider looks at no PIN, by its clock.
    pub wait_until: Option<i64>,
}

/// The account.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct AccountView {
    /// The provider's name for the account; empty where a new phone does not know it yet.
    pub account: String,
    /// The provider's URL.
    pub provider: String,
    /// The level reached: 0, 1 or 2.
    pub level: u8,
    /// Active or not.
    pub state: AccountState,
    /// Why it is locked, who is not its holder first; nothing where it is not.
    pub locked_by: Option<LockedBy>,
    /// All reasons for which it is locked.
    pub locks: Vec<LockedBy>,
    /// When the level was reached.
    pub verified_at: Option<i64>,
    /// How the level was reached.
    pub method: Option<LevelMethod>,
    /// The phones known, the one in use first; empty where the provider was not asked.
    pub phones: Vec<Phone>,
    /// How the PIN stands.
    pub pin: PinStanding,
    /// What takes effect later.
    pub pending: Option<Pending>,
    /// When the provider last said so, by its clock.
    pub as_of: Option<i64>,
}

/// A person in the holder's care.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Ward {
    /// Personal number, 12 digits.
    pub number: String,
    /// Full name.
    pub name: String,
    /// ISO 8601.
    pub date_of_birth: String,
    /// A ward; a child otherwise.
    pub ward: bool,
    /// Their account, where there is one.
    pub account: Option<WardAccount>,
}

/// How the account of a person in care stands.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct WardAccount {
    /// Where it is in its life.
    pub state: AccountState,
    /// The level reached.
    pub level: u8,
    /// Why it is locked; empty where it is not.
    pub locks: Vec<LockedBy>,
}

/// What a guardian does with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum WardAct {
    /// Consents to it: it becomes active.
    Consent,
    /// Refuses it: it ends.
    Refuse,
    /// Locks it.
    Lock,
    /// Lifts the guardian's lock, and no other.
    Unlock,
}

/// The same names on both sides; what a later core adds is `Other` here.
macro_rules! same_names {
    ($from:ty => $to:ty { $($name:ident),* }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value {
                    $(<$from>::$name => Self::$name,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

same_names!(holder::AccountState => AccountState {
    AwaitingCode, AwaitingConsent, ActivationOverdue, Active, Locked, Blocked, Recovery, Closed, Proving, Waiting,
    Receiving, Cancelled, Replaced, Lost, KeyLost
});
same_names!(holder::LockedBy => LockedBy { Holder, Terms, CardWithdrawn, Death, Authority, Expiry, Guardian });
same_names!(holder::Method => LevelMethod { ChipAndFace, Counter });
same_names!(holder::DeviceState => PhoneState { Active, Replaced, Lost });

impl From<holder::PendingKind> for PendingKind {
    fn from(kind: holder::PendingKind) -> Self {
        match kind {
            holder::PendingKind::Device => Self::Phone,
            holder::PendingKind::Pin => Self::Pin,
            _ => Self::Other,
        }
    }
}

impl From<WardAct> for holder::WardAct {
    fn from(act: WardAct) -> Self {
        match act {
            WardAct::Consent => Self::Consent,
            WardAct::Refuse => Self::Refuse,
            WardAct::Lock => Self::Lock,
            WardAct::Unlock => Self::Unlock,
        }
    }
}

impl From<holder::AccountView> for AccountView {
    fn from(view: holder::AccountView) -> Self {
        let phone = |device: holder::Device| Phone {
            name: device.name,
            thumbprint: device.thumbprint,
            state: device.state.into(),
        };
        let pending = |pending: holder::Pending| Pending {
            kind: pending.kind.into(),
            name: pending.name,
            effective_at: pending.effective_at,
        };
        Self {
            account: view.account,
            provider: view.provider,
            level: view.level.into(),
            state: view.state.into(),
            locked_by: view.locked_by.map(LockedBy::from),
            locks: view.locks.into_iter().map(LockedBy::from).collect(),
            verified_at: view.verified_at.map(trust::time::Timestamp::as_unix),
            method: view.method.map(LevelMethod::from),
            phones: view.devices.into_iter().map(phone).collect(),
            pin: PinStanding {
                set: view.pin.set,
                blocked: view.pin.blocked,
                wait_until: view.pin.wait_until,
            },
            pending: view.pending.map(pending),
            as_of: view.as_of.map(trust::time::Timestamp::as_unix),
        }
    }
}

impl From<holder::Ward> for Ward {
    fn from(ward: holder::Ward) -> Self {
        let account = |account: holder::WardAccount| WardAccount {
            state: account.state.into(),
            level: account.level.into(),
            locks: account.locks.into_iter().map(LockedBy::from).collect(),
        };
        Self {
            number: ward.number,
            name: ward.name,
            date_of_birth: ward.date_of_birth,
            ward: ward.ward,
            account: ward.account.map(account),
        }
    }
}

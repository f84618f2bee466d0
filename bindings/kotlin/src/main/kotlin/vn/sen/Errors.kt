package vn.sen

/** The stable code of the reason, such as `account.wrong_code`. */
val SenException.code: String
    get() = when (this) {
        is SenException.TryCardAgain -> code
        is SenException.WrongAccessKey -> code
        is SenException.CardNotGenuine -> code
        is SenException.CardUnsupported -> code
        is SenException.DeviceKeyLost -> code
        is SenException.UserCancelled -> code
        is SenException.NoNetwork -> code
        is SenException.IssuerRefused -> code
        is SenException.CredentialExpired -> code
        is SenException.NotReady -> code
        is SenException.Bug -> code
    }

/** Attempts that a server says are left. */
val SenException.attemptsLeft: UInt?
    get() = when (this) {
        is SenException.NoNetwork -> attemptsLeft
        is SenException.IssuerRefused -> attemptsLeft
        is SenException.NotReady -> attemptsLeft
        else -> null
    }

/** Seconds that a server asks to wait. */
val SenException.waitSeconds: UInt?
    get() = when (this) {
        is SenException.NoNetwork -> waitSeconds
        is SenException.IssuerRefused -> waitSeconds
        is SenException.NotReady -> waitSeconds
        else -> null
    }

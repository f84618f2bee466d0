//! What a provider's refusals mean, and what to do, in words.

/// Stable codes of refusals whose cause the person can do something about.
const WORDS: &[(&str, &str)] = &[
    (
        "account.unknown_person",
        "the register has no person with this number: look at the twelve digits again",
    ),
    (
        "account.phone_not_registered",
        "this phone number is not the one that the register has for this person",
    ),
    (
        "account.already_active",
        "this person has an account on another device: `sen account transfer --help`, from the old device or with the card",
    ),
    ("account.code_expired", "the code is too old: open the account again, `sen account open --help`"),
    ("account.activation_overdue", "the week for activating is over: the hotline helps"),
    ("account.account_locked", "the account is locked: `sen account show` says why"),
    (
        "account.not_holder_lock",
        "this is not a lock that you set: `sen account show` says why the account is locked",
    ),
    ("account.account_unknown", "there is no such account: it was not opened yet, or has ended"),
    ("account.account_not_active", "the account is not active: `sen account show` says where it stands"),
    ("account.pin_blocked", "the PIN is blocked: `sen account pin recover --help`"),
    ("account.pin_is_set", "there is a PIN: `sen account pin change`, or recover it"),
    ("account.no_pin", "no PIN has been set: `sen account pin set`"),
    ("account.not_in_care", "this person is not in your care: `sen account wards list` shows who is"),
    ("account.level_required", "this needs an account at level 2: `sen account verify --help`"),
    ("account.too_young", "level 2 is for persons of six years or more"),
    ("account.card_number_mismatch", "this is the card of another person than the account's"),
    ("account.card_expired", "the card has expired: a new one is needed"),
    ("account.face_not_matched", "the face is not that of the card"),
    ("account.clock_skew", "this computer's clock is wrong: set it, and try again"),
];

/// The words for a code, where there are some.
pub(crate) fn words(code: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use http_client::ServerCode;

    use super::*;

    #[test]
    fn every_code_is_one_that_servers_refuse_with() {
        for (code, _) in WORDS {
            let name = code.strip_prefix("account.").unwrap();
            assert_eq!(ServerCode::from_text(name).qualified(), *code);
        }
    }
}

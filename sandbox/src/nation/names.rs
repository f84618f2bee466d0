//! The names that phones show of whoever asks: those of the nation's own, which nobody else may bear, and the form in which all are kept.
use unicode_normalization::UnicodeNormalization as _;

/// The portal of public services.
pub(super) const PORTAL: &str = "Cổng dịch vụ công Mẫu";
/// The bank.
pub(super) const BANK: &str = "Ngân hàng Mẫu";
/// What the nation's authorities and issuers are called begins so.
const AUTHORITY: &str = "Sen sandbox";

/// A name in the form in which it is kept and compared: composed (Unicode Standard Annex 15, NFC), since "ổ" in one character and in
/// three look the same.
pub(super) fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// Whether a name passes for one of the nation's own: it begins as one of them, in whatever case and form of characters.
pub(super) fn is_own(name: &str) -> bool {
    let folded = |name: &str| name.nfkc().flat_map(char::to_lowercase).collect::<String>();
    let name = folded(name);
    [PORTAL, BANK, AUTHORITY].iter().any(|own| name.starts_with(&folded(own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_names_in_every_form_and_no_others() {
        let decomposed: String = PORTAL.nfd().collect();
        assert_ne!(decomposed, PORTAL);
        assert_eq!(composed(&decomposed), PORTAL);
        for own in
            [PORTAL, BANK, &decomposed, "NGÂN HÀNG MẪU", "Ngân hàng Mẫu: quầy 2", "Ｓｅｎ sandbox issuer"]
        {
            assert!(is_own(own), "{own}");
        }
        for other in ["Cổng thử", "Ngân hàng thử", "Phòng khám Mẫu: quầy 1", "Sen"] {
            assert!(!is_own(other), "{other}");
        }
    }
}

//! The answer in words.
use super::Report;
use crate::output::print_rows;

impl Report {
    pub(crate) fn print(&self) {
        let passive = &self.passive_authentication;
        let headline = match (passive.result, self.is_proven()) {
            (_, true) => "✔ This card is genuine.",
            ("no_trust_anchor", _) => {
                "? The signature is right, but no CSCA that you gave issued the signer."
            }
            ("verified", _) => "✘ The data are genuine, but the chip did not prove itself.",
            _ => "✘ This card is NOT proven.",
        };
        println!("{headline}");
        let with_reason = |result: &str, reason: &Option<String>| {
            Some(reason.as_ref().map_or_else(|| result.to_owned(), |reason| format!("{result} ({reason})")))
        };
        print_rows(&[
            ("name", self.name.clone()),
            ("personal number", self.personal_number.clone()),
            ("born", self.date_of_birth.clone()),
            ("sex", self.sex.map(str::to_owned)),
            ("nationality", self.nationality.clone()),
            ("expires", self.expires.clone()),
            ("residence", self.dg13.as_ref().and_then(|dg13| dg13.residence.clone())),
            ("portrait", self.face.as_ref().map(|face| format!("{}, {} bytes", face.format, face.bytes))),
            ("data signed by", passive.signer.clone()),
            ("under", passive.csca.clone()),
            ("signature", passive.signature.clone()),
            ("passive authentication", with_reason(passive.result, &passive.reason)),
            (
                "active authentication",
                with_reason(self.active_authentication.result, &self.active_authentication.reason),
            ),
            (
                "chip authentication",
                with_reason(self.chip_authentication.result, &self.chip_authentication.reason),
            ),
            (
                "opened with",
                self.access.as_ref().map(|access| {
                    let parameters = access.parameters.map(|name| format!(", {name}")).unwrap_or_default();
                    format!("{}, {}{parameters}", access.protocol, access.cipher)
                }),
            ),
            ("exchanges", self.apdus.map(|apdus| apdus.to_string())),
            (
                "recorded by",
                self.evidence.as_ref().map(|evidence| {
                    let trusted =
                        if evidence.signer_trusted { "" } else { " (anybody: pin it with --signer)" };
                    format!("{}{trusted}", evidence.signer)
                }),
            ),
            ("recorded at", self.evidence.as_ref().map(|evidence| evidence.signed_at.clone())),
            ("for the nonce", self.evidence.as_ref().map(|evidence| evidence.nonce.clone())),
            (
                "certificates now",
                self.evidence.as_ref().and_then(|evidence| evidence.certificates_now.clone()),
            ),
        ]);
    }
}

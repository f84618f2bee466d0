//! Asks the person at the terminal what may go to whom.
use std::io::{BufRead, IsTerminal, Write};

use credential::claims::key;
use holder::{Audience, Consent, ConsentRequest, Recognised, Wallet};
use trust::time::Timestamp;

use crate::output::{Failure, say};
use crate::wallet::failure;

/// What was agreed to on the command line already.
#[derive(Clone, Copy)]
pub(crate) struct Agreed {
    /// `--yes`.
    pub(crate) yes: bool,
    /// `--guardian`: the guardian is there and agrees.
    pub(crate) guardian: bool,
    /// Nobody is to be asked: a machine reads the output.
    pub(crate) machine: bool,
}

/// The person's agreement, or the refusal in the history. A computer's software key recognises nobody: level 1.
pub(crate) fn ask(
    wallet: &Wallet,
    request: ConsentRequest,
    agreed: Agreed,
    now: Timestamp,
) -> Result<Consent, Failure> {
    for line in in_words(&request) {
        say(line);
    }
    let at_hand = !agreed.machine && std::io::stdin().is_terminal();
    if request.needs_guardian() {
        if agreed.guardian || (at_hand && typed_yes("Is the guardian here, and does the guardian agree?")) {
            return request.grant_as_guardian(Recognised::ByDevice, now).map_err(failure);
        }
        wallet.decline(&request, now).map_err(failure)?;
        return Err(Failure::negative(
            "guardian_needed",
            "this is a minor's credential: the guardian must be there and agree (--guardian)",
        ));
    }
    // Whoever types the command for a one-way code where nobody can be asked has agreed by that; a desk's question is
    // somebody else's text and needs the word.
    let plain = *request.audience() == Audience::AnyClinic;
    if agreed.yes || (at_hand && typed_yes("Show this?")) || (!at_hand && plain) {
        return request.grant(Recognised::ByDevice, now).map_err(failure);
    }
    wallet.decline(&request, now).map_err(failure)?;
    Err(Failure::negative("declined", "nothing was shown: say --yes, or answer yes"))
}

fn in_words(request: &ConsentRequest) -> Vec<String> {
    let names = |keys: &[i64]| keys.iter().map(|key| claim(*key)).collect::<Vec<_>>().join(", ");
    let mut lines = vec![match request.audience() {
        Audience::AnyClinic => "to any clinic that scans it".to_owned(),
        Audience::Desk { name, named_by } => format!("to the desk {name:?}, named by {named_by}"),
    }];
    if let Some(purpose) = request.purpose() {
        lines.push(format!("for: {purpose}"));
    }
    if let Some(ward) = request.ward() {
        lines.push(format!("for the minor {ward}"));
    }
    lines.push(format!("from {}: {}", request.credential().as_str(), names(request.disclosed())));
    if !request.missing().is_empty() {
        lines.push(format!("asked for and not there: {}", names(request.missing())));
    }
    let over_asked = request.over_asked();
    if !over_asked.is_empty() {
        lines.push(format!("WARNING: the desk may not ask for: {}", names(&over_asked)));
    }
    if request.shows_portrait() {
        lines.push("with the portrait, in codes that anybody can read".to_owned());
    }
    if let Some((level, until)) = request.stated_level() {
        lines.push(format!("at authentication level {level}, as your provider states until {until}"));
    }
    if request.encrypted() {
        lines.push("encrypted: nobody but this desk can read the code".to_owned());
    }
    lines
}

/// A claim of map 169 in words.
pub(crate) fn claim(number: i64) -> String {
    let word = match number {
        key::NUMBER => "personal number",
        key::NAME => "name",
        key::BIRTH_DATE => "birth date",
        key::SEX => "sex",
        key::INSURANCE_NUMBER => "insurance card number",
        key::VALID_FROM => "insured from",
        key::VALID_TO => "insured until",
        key::FACILITY => "first facility",
        key::BENEFIT_LEVEL => "benefit level",
        key::FIVE_YEARS_FROM => "five-year date",
        key::AREA => "area",
        key::OBJECT_GROUP => "insured group",
        key::LEVEL_POLICY => "key's highest level",
        key::PORTRAIT_HASH => "portrait's hash",
        key::GUARDIAN => "guardian",
        _ => return format!("claim {number}"),
    };
    word.to_owned()
}

/// Asks a yes-or-no question on standard error.
pub(crate) fn typed_yes(question: &str) -> bool {
    eprint!("{question} Type yes: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if !answer.ends_with('\n') {
        eprintln!();
    }
    read.is_ok() && answer.trim() == "yes"
}

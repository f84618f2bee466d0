//! What a person approves with a presentation: `transaction_data` (OpenID4VP 1.0, sections 5.1, 8.4, B.2.1 and B.3.3.1).
//!
//! The wallet signs the hash of the very string that it received, and shows every member of it. Therefore it knows two types
//! and refuses all others:
//!
//! ```json
//! {"type": "urn:vn:cash-withdrawal:1", "credential_ids": ["card"], "bank": "...", "terminal": "...", "place": "...",
//!  "amount": 2000000, "currency": "VND"}
//! {"type": "urn:vn:sign-in:1", "credential_ids": ["card"], "service": "...", "origin": "https://...", "other_screen": true}
//! ```
//! Where a person acts on another screen, that screen shows two digits chosen after the wallet has connected; the person
//! types them, and the wallet signs them as the claim [`MATCHED_NUMBER`] (security.md 19). An SD-JWT VC signs all this in its
//! key-binding JWT, an mdoc as elements of the device ([`DeviceStatement`](super::DeviceStatement)).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::parse_json;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::TransactionError;
use crate::dcql::{Format, Query};
use crate::shown::can_be_shown;

/// The claim of the key-binding JWT that holds the two digits of the other screen, as text.
pub const MATCHED_NUMBER: &str = "matched_number";
/// The claim of the key-binding JWT that says how the person was recognised: the authentication level of Decree 69/2024, 1 to 4.
pub const AUTHENTICATION_LEVEL: &str = "authentication_level";
/// The claim of an SD-JWT VC in which its issuer says how high the holder's key was attested to reach, 1 to 4. It is never selective:
/// without it the level above is the wallet's word alone. In an mdoc it is an element, which the wallet discloses with the level.
pub const LEVEL_POLICY: &str = "level_policy";
/// Bytes of a name or place.
const LONGEST_TEXT: usize = 96;
/// No machine gives more, in dong.
const LARGEST_AMOUNT: u64 = 1_000_000_000;

/// What is to be approved, with the string that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionData {
    received: String,
    credential_ids: Vec<String>,
    names_algorithm: bool,
    transaction: Transaction,
}

/// What is to be approved, for the person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// Cash at a machine, without a bank card.
    CashWithdrawal {
        /// The bank.
        bank: String,
        /// The machine's number.
        terminal: String,
        /// Where it stands.
        place: String,
        /// How much, in dong.
        amount: u64,
    },
    /// Signing in at a service.
    SignIn {
        /// The service.
        service: String,
        /// Its origin, as the browser shows it.
        origin: String,
        /// Whether the browser is on another device than the wallet.
        other_screen: bool,
    },
}

impl Transaction {
    /// Whether the person has to type the two digits that another screen shows.
    pub const fn needs_number(&self) -> bool {
        match self {
            Self::CashWithdrawal { .. } => true,
            Self::SignIn { other_screen, .. } => *other_screen,
        }
    }

    /// The string for `transaction_data`, to be approved with one of these credentials; for the verifier.
    pub fn encode(&self, credential_ids: &[&str]) -> String {
        let mut object = match self {
            Self::CashWithdrawal { bank, terminal, place, amount } => serde_json::json!({
                "type": "urn:vn:cash-withdrawal:1", "bank": bank, "terminal": terminal, "place": place,
                "amount": amount, "currency": "VND",
            }),
            Self::SignIn { service, origin, other_screen } => serde_json::json!({
                "type": "urn:vn:sign-in:1", "service": service, "origin": origin, "other_screen": other_screen,
            }),
        };
        if let Some(members) = object.as_object_mut() {
            members.insert("credential_ids".to_owned(), credential_ids.into());
            members.insert("transaction_data_hashes_alg".to_owned(), ["sha-256"].as_slice().into());
        }
        URL_SAFE_NO_PAD.encode(object.to_string())
    }
}

impl TransactionData {
    /// Reads the parameter `transaction_data` beside the query that it belongs to: one transaction at most, since a person
    /// reads one.
    pub(super) fn parse_all(value: &Value, query: &Query) -> Result<Self, TransactionError> {
        match value.as_array().map(Vec::as_slice) {
            Some([Value::String(only)]) => Self::parse(only, query),
            Some([_, _, ..]) => Err(TransactionError::Several),
            _ => Err(TransactionError::Encoding),
        }
    }

    /// Reads one string.
    ///
    /// # Errors
    /// [`TransactionError`].
    pub fn parse(received: &str, query: &Query) -> Result<Self, TransactionError> {
        let json = URL_SAFE_NO_PAD.decode(received).map_err(|_| TransactionError::Encoding)?;
        let Ok(Value::Object(mut members)) = parse_json(&json) else {
            return Err(TransactionError::Encoding);
        };
        let transaction = match members.remove("type").as_ref().and_then(Value::as_str) {
            Some("urn:vn:cash-withdrawal:1") => cash(&mut members)?,
            Some("urn:vn:sign-in:1") => sign_in(&mut members)?,
            _ => return Err(TransactionError::Type),
        };
        let names_algorithm = algorithm(members.remove("transaction_data_hashes_alg"))?;
        let credential_ids = credentials(members.remove("credential_ids"), query)?;
        if !members.is_empty() {
            return Err(TransactionError::Member("a member of another name"));
        }
        Ok(Self { received: received.to_owned(), credential_ids, names_algorithm, transaction })
    }

    /// What is to be approved.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The queries of which one's credential signs.
    pub fn credential_ids(&self) -> &[String] {
        &self.credential_ids
    }

    /// The string as received.
    pub fn received(&self) -> &str {
        &self.received
    }

    /// The hash that is signed: of the string as received, in base64url.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.received.as_bytes()))
    }

    /// Whether the answer has to name the hash algorithm.
    pub const fn names_algorithm(&self) -> bool {
        self.names_algorithm
    }
}

fn cash(members: &mut Map<String, Value>) -> Result<Transaction, TransactionError> {
    let amount = members.remove("amount").as_ref().and_then(Value::as_u64);
    if members.remove("currency") != Some("VND".into()) {
        return Err(TransactionError::Member("currency"));
    }
    Ok(Transaction::CashWithdrawal {
        bank: text(members, "bank")?,
        terminal: text(members, "terminal")?,
        place: text(members, "place")?,
        amount: amount
            .filter(|amount| (1..=LARGEST_AMOUNT).contains(amount))
            .ok_or(TransactionError::Member("amount"))?,
    })
}

fn sign_in(members: &mut Map<String, Value>) -> Result<Transaction, TransactionError> {
    let origin = text(members, "origin")?;
    let whole = super::link::plain_https(&origin, "origin").map(|url| url.origin().ascii_serialization());
    if whole.as_deref() != Ok(origin.as_str()) {
        return Err(TransactionError::Member("origin"));
    }
    let other_screen = members.remove("other_screen").as_ref().and_then(Value::as_bool);
    let other_screen = other_screen.ok_or(TransactionError::Member("other_screen"))?;
    Ok(Transaction::SignIn { service: text(members, "service")?, origin, other_screen })
}

fn text(members: &mut Map<String, Value>, name: &'static str) -> Result<String, TransactionError> {
    match members.remove(name) {
        Some(Value::String(text)) if can_be_shown(&text, LONGEST_TEXT) => Ok(text),
        _ => Err(TransactionError::Member(name)),
    }
}

/// Whether the algorithm is named; SHA-256 must be among those that are.
fn algorithm(value: Option<Value>) -> Result<bool, TransactionError> {
    match value {
        None => Ok(false),
        Some(Value::Array(names)) if names.contains(&"sha-256".into()) => Ok(true),
        Some(_) => Err(TransactionError::HashAlgorithm),
    }
}

/// The queries named; each asks for a credential whose key signs what this wallet can sign.
fn credentials(value: Option<Value>, query: &Query) -> Result<Vec<String>, TransactionError> {
    let Some(Value::Array(ids)) = value else {
        return Err(TransactionError::Member("credential_ids"));
    };
    let named = |id: &Value| {
        let asked = query.credential(id.as_str()?)?;
        let signs =
            matches!(asked.format(), Format::SdJwtVc | Format::MsoMdoc) && asked.requires_holder_binding();
        signs.then(|| asked.id().to_owned())
    };
    let ids: Option<Vec<String>> = ids.iter().map(named).collect();
    ids.filter(|ids| !ids.is_empty()).ok_or(TransactionError::Credential)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn query() -> Query {
        let credential = |id: &str, binding: bool| {
            json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:card"]},
                "require_cryptographic_holder_binding": binding})
        };
        let mdoc = |id: &str, binding: bool| {
            json!({"id": id, "format": "mso_mdoc", "meta": {"doctype_value": "org.example"},
                "require_cryptographic_holder_binding": binding})
        };
        let other = json!({"id": "other_format", "format": "jwt_vc_json", "meta": {}});
        Query::parse(&json!({"credentials": [credential("card", true), credential("unbound", false),
            mdoc("mdoc", true), mdoc("unbound_mdoc", false), other]}))
        .unwrap()
    }

    fn cash() -> Value {
        json!({"type": "urn:vn:cash-withdrawal:1", "credential_ids": ["card"], "bank": "Ngân hàng Mẫu",
            "terminal": "ATM 0007", "place": "Huế, 1 Lê Lợi", "amount": 2_000_000, "currency": "VND"})
    }

    fn read(value: &Value) -> Result<TransactionData, TransactionError> {
        TransactionData::parse(&URL_SAFE_NO_PAD.encode(value.to_string()), &query())
    }

    fn read_with(member: &str, value: Value) -> Result<TransactionData, TransactionError> {
        let mut transaction = cash();
        transaction[member] = value;
        read(&transaction)
    }

    #[test]
    fn reads_back_what_a_verifier_wrote() {
        let cash = read(&cash()).unwrap();
        assert!(cash.transaction().needs_number());
        assert!(!cash.names_algorithm());
        for other_screen in [true, false] {
            let (service, origin) = ("Cổng dịch vụ".to_owned(), "https://portal.example.vn:8443".to_owned());
            let sign_in = Transaction::SignIn { service, origin, other_screen };
            assert_eq!(sign_in.needs_number(), other_screen);
            for transaction in [&sign_in, cash.transaction()] {
                let read = TransactionData::parse(&transaction.encode(&["card"]), &query()).unwrap();
                assert_eq!((read.transaction(), read.names_algorithm()), (transaction, true));
                assert_eq!(read.credential_ids(), ["card"]);
            }
        }
    }

    #[test]
    fn the_hash_is_over_the_string_and_not_over_what_it_encodes() {
        let (plain, spaced) = (cash().to_string(), cash().to_string().replace("\":", "\": "));
        let read = |json: &str| TransactionData::parse(&URL_SAFE_NO_PAD.encode(json), &query()).unwrap();
        assert_eq!(read(&plain).transaction(), read(&spaced).transaction());
        assert_ne!(read(&plain).hash(), read(&spaced).hash());
        let digest = digest(&SHA256, URL_SAFE_NO_PAD.encode(&plain).as_bytes());
        assert_eq!(read(&plain).hash(), URL_SAFE_NO_PAD.encode(digest));
    }

    #[test]
    fn refuses_a_type_that_cannot_be_shown() {
        assert_eq!(read_with("type", json!("payment")), Err(TransactionError::Type));
        assert_eq!(read_with("type", json!(1)), Err(TransactionError::Type));
    }

    #[test]
    fn refuses_members_that_are_missing_unknown_or_impossible() {
        for (member, value) in [
            ("bank", json!("")),
            ("terminal", json!(7)),
            ("place", json!("Huế\u{202e}")),
            ("bank", json!("\u{1b}[2J")),
            ("bank", json!("x".repeat(97))),
            ("amount", json!(0)),
            ("amount", json!(-1)),
            ("amount", json!(1.5)),
            ("amount", json!("2000000")),
            ("amount", json!(1_000_000_001)),
            ("currency", json!("USD")),
            ("credential_ids", json!("card")),
        ] {
            assert_eq!(read_with(member, value.clone()), Err(TransactionError::Member(member)), "{value}");
        }
        let unknown = TransactionError::Member("a member of another name");
        assert_eq!(read_with("fee", json!(5)), Err(unknown));
    }

    #[test]
    fn an_origin_is_one_and_nothing_more() {
        for origin in [
            "https://a.example.vn/",
            "https://a.example.vn/x",
            "http://a.example.vn",
            "https://a.example.vn:443",
        ] {
            let sign_in = json!({"type": "urn:vn:sign-in:1", "credential_ids": ["card"], "service": "Cổng",
                "origin": origin, "other_screen": false});
            assert_eq!(read(&sign_in), Err(TransactionError::Member("origin")), "{origin}");
        }
    }

    #[test]
    fn refuses_credentials_that_nobody_asks_for_or_that_cannot_sign() {
        for ids in [
            json!([]),
            json!(["other"]),
            json!(["unbound"]),
            json!(["unbound_mdoc"]),
            json!(["other_format"]),
            json!(["card", "other_format"]),
        ] {
            assert_eq!(read_with("credential_ids", ids.clone()), Err(TransactionError::Credential), "{ids}");
        }
    }

    #[test]
    fn both_formats_approve() {
        let read = read_with("credential_ids", json!(["card", "mdoc"])).unwrap();
        assert_eq!(read.credential_ids(), ["card", "mdoc"]);
    }

    #[test]
    fn refuses_hashes_without_sha_256() {
        let named = "transaction_data_hashes_alg";
        for algorithms in [json!(["sha-512"]), json!([]), json!("sha-256")] {
            assert_eq!(read_with(named, algorithms), Err(TransactionError::HashAlgorithm));
        }
        assert!(read_with(named, json!(["sha-512", "sha-256"])).unwrap().names_algorithm());
    }

    #[test]
    fn refuses_what_is_no_base64url_of_an_object() {
        let whole = URL_SAFE_NO_PAD.encode(cash().to_string());
        let twice = URL_SAFE_NO_PAD.encode(r#"{"type":"urn:vn:sign-in:1","type":"urn:vn:sign-in:1"}"#);
        for text in [format!("{whole}="), whole.replace('e', "+"), URL_SAFE_NO_PAD.encode("[]"), twice] {
            assert_eq!(TransactionData::parse(&text, &query()), Err(TransactionError::Encoding), "{text}");
        }
        assert_eq!(TransactionData::parse_all(&json!([]), &query()), Err(TransactionError::Encoding));
        assert_eq!(
            TransactionData::parse_all(&json!([whole, whole]), &query()),
            Err(TransactionError::Several)
        );
        assert!(TransactionData::parse_all(&json!([whole]), &query()).is_ok());
    }
}

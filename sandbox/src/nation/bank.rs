//! A bank: its counter, where customers prove themselves by wallet or chip and get an account, and its cash machines, which pay
//! without a card what a wallet has approved: once, that amount, at that machine.
use axum::extract::State;
use card::{ChipOutcome, EvidenceRecord, EvidenceRefused, Expected};
use serde::Deserialize;
use serde_json::{Value, json};
use trust::p256::PublicKey;

use super::answer::{Answer, Refusal, fresh};
use super::asking::{self, Customer, Purpose, Reason};
use super::body::Body;
use super::database::{DatabaseError, Row, Statements, values};
use super::{Nation, Shared, decode, names};

/// What a new account holds, in dong: a present.
const PRESENT: i64 = 5_000_000;
/// The smallest note, and the most that a machine gives at a time.
const NOTE: u64 = 50_000;
const MOST: u64 = 10_000_000;
const INVALID: &str = "invalid_request";
/// What a nonce for a reading at the counter is bound to.
const COUNTER: &str = "bank counter";

/// A cash machine.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
}

pub(super) const TERMINALS: [Terminal; 2] = [
    Terminal { name: "ATM 0007", place: "Số 1 Đường Mẫu, Huế" },
    Terminal { name: "ATM 0008", place: "Số 22 Ngõ Sen, Hà Nội" },
];

/// The counter asks a wallet.
pub(super) async fn start_counter(State(nation): State<Shared>) -> Answer {
    asking::begin(&nation, Purpose::Counter)
}

#[derive(Deserialize)]
struct Withdrawal {
    terminal: String,
    amount: u64,
}

/// A machine asks a wallet for an amount.
pub(super) async fn start_cash(State(nation): State<Shared>, body: Body) -> Answer {
    let wanted: Withdrawal = body.json(INVALID)?;
    let terminal = TERMINALS.iter().find(|terminal| terminal.name == wanted.terminal);
    let terminal = terminal.ok_or(Refusal::new("terminal_unknown", "there is no such machine"))?;
    if !(NOTE..=MOST).contains(&wanted.amount) || !wanted.amount.is_multiple_of(NOTE) {
        return Err(Refusal::new("amount_impossible", "50,000 to 10,000,000 dong, in notes of 50,000"));
    }
    asking::begin(&nation, Purpose::Cash { terminal, amount: wanted.amount })
}

/// Opens an account for a customer who has none, and says how it stands.
pub(super) fn welcome(nation: &Nation, known: &Customer, proven_by: &str) -> Result<Value, Reason> {
    let open = |change: &dyn Statements| {
        let put = "INSERT INTO bank_account VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let row = values![known.number, PRESENT, proven_by, nation.now().as_unix()];
        let is_new = change.execute(put, row)? == 1;
        let find = "SELECT balance FROM bank_account WHERE person = $1";
        let balance: i64 = change.one(find, values![known.number])?.get(0)?;
        Ok::<_, DatabaseError>((is_new, balance))
    };
    let (is_new, balance) = nation.database.change(open).map_err(|_| Reason::Broken)?;
    Ok(json!({
        "name": known.name, "number": known.number, "proven_by": proven_by, "is_new": is_new, "balance": balance,
    }))
}

/// Pays once: the question's identifier is the receipt's, and none is written twice.
pub(super) fn pay(
    nation: &Nation,
    id: &str,
    known: &Customer,
    terminal: &Terminal,
    amount: u64,
) -> Result<Value, Reason> {
    let (now, dong) = (nation.now(), i64::try_from(amount).map_err(|_| Reason::Broken)?);
    let pay = |change: &dyn Statements| {
        let find = "SELECT balance FROM bank_account WHERE person = $1";
        let balance = change.row(find, values![known.number])?.ok_or(Reason::NoBankAccount)?;
        let left = match balance.get::<i64>(0)? {
            balance if balance < dong => return Err(Reason::TooLittle),
            balance => balance - dong,
        };
        let take = "UPDATE bank_account SET balance = $1 WHERE person = $2";
        change.execute(take, values![left, known.number])?;
        let put = "INSERT INTO withdrawal (question, person, terminal, amount, at) VALUES ($1, $2, $3, $4, $5) \
                   RETURNING receipt";
        let receipt = change.one(put, values![id, known.number, terminal.name, dong, now.as_unix()])?;
        Ok((receipt.get::<i64>(0)?, left))
    };
    let (receipt, balance) = nation.database.change(pay)?;
    Ok(json!({
        "receipt": receipt, "bank": names::BANK, "terminal": terminal.name, "place": terminal.place, "amount": amount,
        "at": now.to_string(), "balance": balance,
    }))
}

#[derive(Deserialize)]
struct Reader {
    key: String,
}

/// The bank takes a reader at its counters into use, by the key that signs its records.
pub(super) async fn pin_reader(State(nation): State<Shared>, body: Body) -> Answer {
    let reader: Reader = body.json(INVALID)?;
    let key = reader_key(reader.key.trim()).ok_or(Refusal::new(
        INVALID,
        "the key is what card-evidence.pub holds, or a compressed P-256 point in base64url",
    ))?;
    let put = "INSERT INTO bank_reader VALUES ($1) ON CONFLICT DO NOTHING";
    nation.database.change(|change| change.execute(put, values![key.compressed()]))?;
    Ok(fresh(json!({"done": true})))
}

/// As `sen card read` writes it to `card-evidence.pub` (an uncompressed point in hex), or compressed in base64url.
fn reader_key(text: &str) -> Option<PublicKey> {
    let compressed = decode(text).and_then(|key| PublicKey::from_compressed(&key).ok());
    compressed.or_else(|| PublicKey::from_uncompressed(&hex::decode(text).ok()?).ok())
}

/// A nonce for a reading at the counter.
pub(super) async fn start_evidence(State(nation): State<Shared>) -> Answer {
    let nonce = nation.proofs.give(COUNTER, nation.now().as_unix())?;
    let octets = decode(&nonce).unwrap_or_default();
    Ok(fresh(json!({"nonce": nonce, "nonce_hex": hex::encode(octets), "expires_in": nation.proofs.life()})))
}

#[derive(Deserialize)]
struct Evidence {
    nonce: String,
    record: String,
    face_compared: bool,
}

/// A customer by the chip: the record of one of the bank's readers for this nonce, and a clerk who compared the face.
pub(super) async fn evidence(State(nation): State<Shared>, body: Body) -> Answer {
    let sent: Evidence = body.json(INVALID)?;
    let now = nation.now();
    if !nation.proofs.take(&sent.nonce, COUNTER, now.as_unix()) {
        return Err(Reason::NonceUnknown.told());
    }
    // Cards are stolen, and the number that opens them is printed on them (security.md 6).
    if !sent.face_compared {
        return Err(Reason::FaceNotCompared.told());
    }
    let record = decode(&sent.record).and_then(|bytes| EvidenceRecord::parse(&bytes).ok());
    let record = record.ok_or_else(|| Reason::NoRecord.told())?;
    let (nonce, signers) = (decode(&sent.nonce).unwrap_or_default(), readers(&nation)?);
    let expected = Expected { signers: &signers, nonce: Some(&nonce), remote_key: None };
    let verified = record.verify(&expected, &nation.csca, now).map_err(|error| match error {
        EvidenceRefused::SignerNotTrusted => Reason::ReaderUnknown.told(),
        EvidenceRefused::OtherNonce | EvidenceRefused::FromTheFuture => Reason::OtherReading.told(),
        _ => Reason::CardNotProven.told(),
    })?;
    let document = verified.document();
    if document.active() != ChipOutcome::Verified || verified.certificates_now().is_err() {
        return Err(Reason::CardNotProven.told());
    }
    if document.is_expired(now.date()) {
        return Err(Reason::CardExpired.told());
    }
    let number = document.personal_number().ok_or_else(|| Reason::CardNotProven.told())?;
    let known = Customer { number, name: document.name() };
    Ok(fresh(welcome(&nation, &known, "chip").map_err(|_| Refusal::broken())?))
}

fn readers(nation: &Nation) -> Result<Vec<PublicKey>, Refusal> {
    let find = "SELECT key FROM bank_reader";
    let keys = nation.database.read(|statements| statements.query(find, &[]))?;
    let read = |row: &Row| PublicKey::from_compressed(&row.get::<Vec<u8>>(0)?).map_err(|_| Refusal::broken());
    keys.iter().map(read).collect()
}

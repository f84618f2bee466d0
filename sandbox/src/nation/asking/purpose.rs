//! What is asked for what, and what follows from the answer.
use credential::jose::compact;
use presentation::openid4vp::{RegistrationDraft, Transaction};
use serde_json::{Value, json};
use trust::anchors::Role;
use trust::status::StatusStore;
use verifier::online::{Answer, Asker, Presented, Question, StatusPolicy, read_status_list};
use verifier::{AuthenticationLevel, LevelBasis};

use super::super::answer::Refusal;
use super::super::authority::Certified;
use super::super::bank::{self, Terminal};
use super::super::documents::CITIZEN;
use super::super::{Nation, names, status, vouched};
use super::Reason;

/// The one query.
const ID: &str = "citizen";
/// What an account needs for anything here.
const LEVEL: u64 = 2;
/// Seconds that a registration lives: it is written for each question.
const REGISTERED: i64 = 3600;

/// Why somebody is asked.
#[derive(Clone, Debug)]
pub(in super::super) enum Purpose {
    /// Signing in at the portal, on this device or on another.
    SignIn { other_screen: bool },
    /// A customer at the bank's counter.
    Counter,
    /// Cash at a machine, in dong.
    Cash { terminal: &'static Terminal, amount: u64 },
}

/// Who somebody is, as a level-2 account says.
pub(in super::super) struct Customer {
    pub(in super::super) number: String,
    pub(in super::super) name: String,
}

impl Purpose {
    pub(super) const fn is_on_another_screen(&self) -> bool {
        !matches!(self, Self::SignIn { other_screen: false })
    }

    /// The page that asks.
    pub(super) const fn page(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "/portal",
            Self::Counter => "/bank",
            Self::Cash { .. } => "/atm",
        }
    }

    pub(super) const fn asker<'n>(&self, nation: &'n Nation) -> &'n Certified {
        match self {
            Self::SignIn { .. } => &nation.authority.portal,
            Self::Counter | Self::Cash { .. } => &nation.authority.bank,
        }
    }

    fn transaction(&self, nation: &Nation) -> Transaction {
        let origin = nation.url.clone();
        match self {
            Self::SignIn { other_screen } => {
                let service = names::PORTAL.to_owned();
                Transaction::SignIn { service, origin, other_screen: *other_screen }
            }
            Self::Counter => {
                let service = format!("{}: quầy giao dịch", names::BANK);
                Transaction::SignIn { service, origin, other_screen: true }
            }
            Self::Cash { terminal, amount } => Transaction::CashWithdrawal {
                bank: names::BANK.to_owned(),
                terminal: terminal.name.to_owned(),
                place: terminal.place.to_owned(),
                amount: *amount,
            },
        }
    }

    /// Who asks, and what: number, name and level of the account, no more.
    pub(super) fn question(&self, nation: &Nation) -> Result<(Asker, Question), Refusal> {
        let certified = self.asker(nation);
        let asker = Asker::new(vec![certified.certificate.clone()]).map_err(|_| Refusal::broken())?;
        let claims = ["personal_number", "name", "account_level"].map(|name| json!({"path": [name]}));
        let query = json!({"credentials": [{
            "id": ID, "format": "dc+sd-jwt", "meta": {"vct_values": [CITIZEN]}, "claims": claims,
        }]});
        let (now, registrar) = (nation.now(), &nation.authority.registrar);
        let (name, purpose) = match self {
            Self::SignIn { .. } => (names::PORTAL, "Đăng nhập / to sign you in"),
            Self::Counter | Self::Cash { .. } => {
                (names::BANK, "Xác minh khách hàng và rút tiền / to know customers and pay out cash")
            }
        };
        let draft = RegistrationDraft {
            chain: std::slice::from_ref(&registrar.certificate),
            subject: asker.client_id().as_str(),
            name,
            purpose,
            may_ask: &query,
            issued_at: now,
            expires_at: now.plus_seconds(REGISTERED),
        };
        let input = draft.signing_input();
        let registration = compact(&input, &registrar.key.sign(input.as_bytes())?);
        let entry = RegistrationDraft::entry(&registration);
        let transaction = Some((self.transaction(nation), vec![ID.to_owned()]));
        Ok((asker, Question { query, transaction, verifier_info: vec![entry] }))
    }

    /// Acts on a verified answer, and says what the page shows.
    pub(super) fn conclude(&self, nation: &Nation, id: &str, answer: &Answer) -> Result<Value, Reason> {
        let presented = answer.presented(ID).ok_or(Reason::NotAsAsked)?;
        let known = known(nation, presented)?;
        match self {
            Self::SignIn { .. } => Ok(json!({
                "name": known.name, "number": known.number, "account_level": LEVEL,
                "authentication_level": presented.level().map(recognised),
            })),
            Self::Counter => bank::welcome(nation, &known, "wallet"),
            Self::Cash { terminal, amount } => {
                let mut paid = bank::pay(nation, id, &known, terminal, *amount)?;
                if let Some(members) = paid.as_object_mut() {
                    let level = presented.level().map(recognised);
                    members.insert("authentication_level".to_owned(), json!(level));
                }
                Ok(paid)
            }
        }
    }
}

/// Somebody with a document in force and an account at level 2, as its issuer wrote.
fn known(nation: &Nation, presented: &Presented) -> Result<Customer, Reason> {
    in_force(nation, presented)?;
    let claims = presented.claims();
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let level = claims.get("account_level").and_then(Value::as_u64).ok_or(Reason::NotAsAsked)?;
    if level < LEVEL {
        return Err(Reason::LevelTooLow);
    }
    let (number, name) = (text("personal_number"), text("name"));
    Ok(Customer { number: number.ok_or(Reason::NotAsAsked)?, name: name.ok_or(Reason::NotAsAsked)? })
}

/// Judged by the status list that the document names, as anybody gets it who asks at its address. It is signed anew with every
/// lock and death.
fn in_force(nation: &Nation, presented: &Presented) -> Result<(), Reason> {
    let now = nation.now();
    let anchors = vouched::anchors(nation, Role::Documents).map_err(|_| Reason::Broken)?;
    let mut lists = StatusStore::new();
    if let Some(reference) = presented.status()
        && let Some(token) = status::published_jwt(nation, &reference.uri).map_err(|_| Reason::Broken)?
    {
        let list = read_status_list(&token, &anchors, now).map_err(|_| Reason::StatusUnknown)?;
        lists.insert(list).map_err(|_| Reason::StatusUnknown)?;
    }
    StatusPolicy::with_network().judge(presented.status_in(&lists, now), now).map_err(Reason::of_status)
}

/// For machines and the page: the level, and whether anybody but the wallet says so.
fn recognised(level: AuthenticationLevel) -> Value {
    let basis = if level.basis == LevelBasis::Attested { "attested" } else { "claimed" };
    json!({"level": level.level, "basis": basis})
}

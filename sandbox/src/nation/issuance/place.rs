//! Where a credential stands in the issuer's register, and what it is to say: decided in one change of the database.
use credential::claims::{Claims, Vct};
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use super::super::account::Account;
use super::super::answer::Refusal;
use super::super::database::{Statements, values};
use super::super::documents::{Document, Form};
use super::super::facts::{Content, Named, Subject};
use super::super::wards::in_care;
use super::super::{random_text, status};
use super::Grant;
use super::proofs::ProvenKey;

/// Seconds after a credential's end until its status index can be drawn again: longer than any list lives.
const KEPT_AFTER_END: i64 = 30 * 24 * 3600;

/// A copy's name and status, and what it says of its key.
pub(super) struct Place {
    pub(super) sub: String,
    pub(super) list: u64,
    pub(super) index: u64,
    /// The highest authentication level that the key was attested to reach.
    pub(super) level_policy: Option<u8>,
}

/// What a document says.
pub(super) enum Says {
    SdCwt { vct: Vct, claims: Box<Claims>, portrait: Option<Vec<u8>> },
    SdJwt { vct: &'static str, facts: Vec<Named> },
    Mdoc { doc_type: &'static str, namespace: &'static str, content: Content, facts: Vec<Named> },
}

/// A document with a place for each copy.
pub(super) struct Registered {
    pub(super) says: Says,
    pub(super) places: Vec<Place>,
}

/// Spends the token and keeps the credential, in one change with the look at the account: a lock that comes later finds the
/// credential, one that came earlier prevents it. A key is bound once.
pub(super) fn register(
    change: &dyn Statements,
    token: &[u8],
    document: &Document,
    proven: &[ProvenKey],
    now: Timestamp,
    expires: Timestamp,
) -> Result<Registered, Refusal> {
    let grant = Grant::find(change, token, now.as_unix())?;
    change.execute("DELETE FROM access_token WHERE hash = $1", values![token])?;
    let denied =
        Refusal::new("credential_request_denied", "the account is not in use at the level that is needed");
    let account = Account::load(change, &grant.account)?.ok_or(denied.clone())?;
    let account = account.active().map_err(|_| denied.clone())?;
    if account.standing.level() < document.level {
        return Err(denied.clone());
    }
    let guardian = if grant.subject == account.person {
        None
    } else {
        // Looked at again: the child may have come of age since the offer.
        in_care(change, &account.person, &grant.subject, now.date()).map_err(|_| denied)?;
        Some(account.person.clone())
    };
    let portrait: Option<Vec<u8>> = if guardian.is_none() {
        let find = "SELECT portrait FROM account WHERE id = $1";
        change.one(find, values![account.id])?.get(0)?
    } else {
        // The portrait on the guardian's card is not the child's.
        None
    };
    let holder =
        Holder { account: &account, subject: &grant.subject, guardian: guardian.as_deref(), portrait };
    let says = holder.says(change, document, now)?;
    let seconds = now.as_unix();
    change.execute("DELETE FROM credential WHERE expires <= $1", values![seconds - KEPT_AFTER_END])?;
    let places = proven.iter().map(|key| place(change, &holder, document, key, expires));
    Ok(Registered { says, places: places.collect::<Result<_, _>>()? })
}

/// Whose document it is, and who holds it.
struct Holder<'a> {
    account: &'a Account,
    subject: &'a str,
    guardian: Option<&'a str>,
    portrait: Option<Vec<u8>>,
}

impl Holder<'_> {
    fn says(&self, change: &dyn Statements, document: &Document, now: Timestamp) -> Result<Says, Refusal> {
        let facts = || {
            let subject = Subject {
                number: self.subject,
                portrait: self.portrait.as_deref(),
                guardian: self.guardian,
                level: self.account.standing.level(),
                today: now.date(),
            };
            document.content.facts(change, &subject)
        };
        Ok(match document.form {
            Form::SdCwt(vct) => {
                let guardian = self.guardian.map(str::to_owned);
                let portrait = self.portrait.as_deref();
                let claims = Document::claims(vct, change, self.subject, portrait, guardian)?;
                Says::SdCwt { vct, claims: Box::new(claims), portrait: self.portrait.clone() }
            }
            Form::SdJwt(vct) => Says::SdJwt { vct, facts: facts()? },
            Form::Mdoc(doc_type, namespace) => {
                Says::Mdoc { doc_type, namespace, content: document.content, facts: facts()? }
            }
        })
    }
}

/// A key's place: a key is bound once.
fn place(
    change: &dyn Statements,
    holder: &Holder<'_>,
    document: &Document,
    key: &ProvenKey,
    expires: Timestamp,
) -> Result<Place, Refusal> {
    let thumbprint = key.jwk.thumbprint_base64url();
    let bound =
        "SELECT 1 FROM credential WHERE thumbprint = $1 UNION SELECT 1 FROM device WHERE thumbprint = $1";
    if change.exists(bound, values![thumbprint])? {
        return Err(Refusal::new("invalid_proof", "this key has another use already"));
    }
    let sub = random_text(6)?;
    let (list, index) = free_index(change)?;
    let put = "INSERT INTO credential (sub, account, subject, configuration, thumbprint, list, position, expires) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (account, configuration) = (&holder.account.id, document.configuration);
    let row =
        values![sub, account, holder.subject, configuration, thumbprint, list, index, expires.as_unix()];
    change.execute(put, row)?;
    // One thing less to know a person by, where nothing is to be approved.
    let level_policy = key.level_policy.filter(|_| !document.content.is_unlinkable());
    Ok(Place { sub, list: list.into(), index: index.into(), level_policy })
}

/// A free status index, uniformly random, so that it says nothing of the person. A list is filled by half, then the next begins.
fn free_index(change: &dyn Statements) -> Result<(u32, u32), Refusal> {
    let count = "UPDATE status_list SET used = used + 1 WHERE number = (SELECT max(number) FROM status_list) \
                 RETURNING number, used";
    let counted = change.one(count, &[])?;
    let (mut list, used): (u32, u32) = (counted.get(0)?, counted.get(1)?);
    if u64::from(used) > status::ENTRIES / 2 {
        list += 1;
        change.execute("INSERT INTO status_list VALUES ($1, 1)", values![list])?;
    }
    let taken = "SELECT 1 FROM credential WHERE list = $1 AND position = $2";
    // Half of the indexes are free: 64 misses in a row are as likely as guessing a 64-bit key.
    for _ in 0..64 {
        let mut octets = [0; 8];
        SystemRandom::new().fill(&mut octets).map_err(|_| Refusal::broken())?;
        let index =
            u32::try_from(u64::from_be_bytes(octets) % status::ENTRIES).map_err(|_| Refusal::broken())?;
        if !change.exists(taken, values![list, index])? {
            return Ok((list, index));
        }
    }
    Err(Refusal::broken())
}

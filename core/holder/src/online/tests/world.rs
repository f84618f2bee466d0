//! A portal with its certificate and registration, and a wallet with a card and a driving licence.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use credential::jose::{Jws, compact, signing_input};
use credential::mdoc::{KeyAuthorizations, MdocDraft, NewElement};
use credential::sd_jwt::{SdJwtDraft, Step};
use presentation::openid4vp::{
    ClientId, LEVEL_POLICY, LONGEST_REQUEST, Method, RegistrationDraft, TRANSACTION_NAMESPACE, Transaction,
    Unsigned, link,
};
use serde_json::{Map, Value, json};
use test_key::{Authority, TestKey, rcgen};
use trust::cbor::Encoder;
use trust::certificates::{Certificate, CertificateAnchors};
use trust::p256::PublicKey;
use trust::random::SystemRandom;
use trust::time::Timestamp;
use verifier::online::{Answer, Asker, Issuers, OnlineError, Question, Session};

use super::device::{MemoryKeyStore, MemorySecretStore};
use super::server::{Asked, Line, Reply, Server};
use crate::documents::{DocumentCopy, DocumentFormat, DocumentRecord};
use crate::keys::NewKey;
use crate::ports::KeyPolicy;
use crate::store::Table;
use crate::{Answered, Error, OnlineConsent, OnlineRequest, OnlineTrust, Wallet};

pub const NOW: Timestamp = Timestamp::from_unix(1_780_000_000);

pub struct World {
    pub wallet: Wallet,
    /// Where the wallet's keys are.
    pub keys: Arc<MemoryKeyStore>,
    folder: PathBuf,
    server: Server,
    portal: Arc<Mutex<Portal>>,
    client_id: ClientId,
    verifiers: CertificateAnchors,
    registrars: CertificateAnchors,
    /// Over those who issue what the wallet holds.
    authority: Authority,
}

/// The verifier's side.
struct Portal {
    key: TestKey,
    asker: Asker,
    question: Option<Question>,
    asked: Question,
    session: Option<Session>,
    issuers: CertificateAnchors,
    change: Box<dyn Fn(&mut Value) + Send>,
    posted: Option<String>,
    verdict: Option<Result<Answer, OnlineError>>,
    /// Whether it sends those who ask elsewhere.
    redirects: bool,
    goes_on: &'static str,
    /// What it takes no answer with.
    refuses: Option<Value>,
}

pub fn card_query(claims: &[&str]) -> Value {
    let claims: Vec<Value> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
    json!({"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:card"]}, "claims": claims})
}

pub fn licence_query(elements: &[&str]) -> Value {
    let claims: Vec<Value> = elements.iter().map(|one| json!({"path": ["org.iso.18013.5.1", one]})).collect();
    json!({"id": "licence", "format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"}, "claims": claims})
}

pub fn identity_query(elements: &[&str]) -> Value {
    let mut query = licence_query(elements);
    (query["id"], query["meta"]) = (json!("identity"), json!({"doctype_value": "org.example.identity"}));
    query
}

pub fn cash() -> Transaction {
    Transaction::CashWithdrawal {
        bank: "Ngân hàng Mẫu".to_owned(),
        terminal: "0007".to_owned(),
        place: "Huế".to_owned(),
        amount: 2_000_000,
    }
}

fn anchors(root: &Authority) -> CertificateAnchors {
    CertificateAnchors::new(vec![Certificate::parse(&root.der()).unwrap()])
}

impl World {
    pub async fn start(query: Value, transaction: Option<Transaction>) -> Self {
        Self::make(query, transaction, |_| ()).await
    }

    /// What is to be approved by a credential of one of these queries.
    pub async fn approving(query: Value, transaction: Transaction, ids: &[&str]) -> Self {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        Self::ask(query, Some((transaction, ids)), |_| ()).await
    }

    /// The portal signs its request with something changed.
    pub async fn start_with(query: Value, change: impl Fn(&mut Value) + Send + 'static) -> Self {
        Self::make(query, None, change).await
    }

    async fn make(
        query: Value,
        transaction: Option<Transaction>,
        change: impl Fn(&mut Value) + Send + 'static,
    ) -> Self {
        let transaction = transaction.map(|transaction| (transaction, vec!["card".to_owned()]));
        Self::ask(query, transaction, change).await
    }

    async fn ask(
        query: Value,
        transaction: Option<(Transaction, Vec<String>)>,
        change: impl Fn(&mut Value) + Send + 'static,
    ) -> Self {
        let (verifiers, register, issuers) =
            (Authority::root("Verifiers"), Authority::root("Register"), Authority::root("Issuers"));
        let key = TestKey::new();
        let leaf = verifiers.issue_with("Portal", &key, |leaf| {
            leaf.subject_alt_names = vec![rcgen::SanType::DnsName("portal.example.vn".try_into().unwrap())];
        });
        let asker = Asker::new(vec![leaf]).unwrap();
        let question = Question { query, transaction, verifier_info: vec![registration(&register)] };
        let portal = Arc::new(Mutex::new(Portal {
            key,
            asker: asker.clone(),
            question: Some(question.clone()),
            asked: question,
            session: None,
            issuers: anchors(&issuers),
            change: Box::new(change),
            posted: None,
            verdict: None,
            redirects: false,
            goes_on: "https://portal.example.vn/done#code=7",
            refuses: None,
        }));
        let behind = portal.clone();
        let server = Server::start(move |asked, url| Some(behind.lock().unwrap().reply(&asked, url))).await;
        let (wallet, keys, folder) = wallet(&issuers);
        let authority = issuers;
        let client_id = asker.client_id().clone();
        let (verifiers, registrars) = (anchors(&verifiers), anchors(&register));
        Self { wallet, keys, folder, server, portal, client_id, verifiers, registrars, authority }
    }

    pub fn trust(&self) -> OnlineTrust<'_> {
        OnlineTrust {
            roots: &self.server.roots_pem,
            verifiers: &self.verifiers,
            registrars: &self.registrars,
            unsigned: Unsigned::Refused,
        }
    }

    pub fn link(&self) -> String {
        self.link_by(Method::Post)
    }

    pub fn link_by(&self, method: Method) -> String {
        link(&self.client_id, &format!("{}/request", self.server.url), method)
    }

    pub async fn read(&self) -> Result<OnlineRequest, Error> {
        self.wallet.read_request(&self.link(), &self.trust(), NOW).await
    }

    pub async fn answer(&self, consent: &OnlineConsent) -> Result<Answered, Error> {
        self.wallet.answer_request(consent, &self.trust(), NOW).await
    }

    pub fn line(&self) -> MutexGuard<'_, Line> {
        self.server.line()
    }

    /// The wallet holds one copy of a card of another issuer, too, which approves nothing.
    pub fn hold_another(&self, id: &str, issuer: &str, issued_at: Timestamp) {
        let key = TestKey::new();
        let chain = vec![self.authority.issue("Another", &key)];
        let issue = |holder: &PublicKey| card(&key, &chain, holder);
        store(
            &self.wallet,
            id,
            DocumentFormat::SdJwt,
            "urn:example:card",
            &[(KeyPolicy::Presentation, &issue)],
        );
        self.change_document(id, |record| {
            (record.issuer, record.issued_at) = (issuer.to_owned(), issued_at.as_unix());
        });
    }

    /// A document stands in the wallet otherwise.
    pub fn change_document(&self, id: &str, edit: impl FnOnce(&mut DocumentRecord)) {
        let change = |change: &mut crate::store::Change<'_>| {
            let mut record: DocumentRecord = change.read(Table::Document, id)?.unwrap();
            edit(&mut record);
            Ok(change.put(Table::Document, id, &record)?)
        };
        self.wallet.vault.change(change).unwrap();
    }

    /// How often copies of a document were shown: those that present, and the one that approves.
    pub fn shown(&self, id: &str) -> (u32, u32) {
        let record: DocumentRecord = self.wallet.vault.store().read(Table::Document, id).unwrap().unwrap();
        let shown = |approves: bool| -> u32 {
            let copies = record.copies.iter().filter(|copy| copy.approves == approves);
            copies.map(|copy| copy.shown).sum()
        };
        (shown(false), shown(true))
    }

    /// The portal begins anew, and has heard nothing yet.
    pub fn begin_again(&self) {
        let mut portal = self.portal.lock().unwrap();
        portal.question = Some(portal.asked.clone());
        (portal.posted, portal.verdict) = (None, None);
    }

    /// Whether the portal took an answer for good.
    pub fn has_accepted(&self) -> bool {
        matches!(self.portal.lock().unwrap().verdict, Some(Ok(_)))
    }

    pub fn number(&self) -> Option<String> {
        self.portal.lock().unwrap().session.as_ref()?.number().map(str::to_owned)
    }

    /// From here on requests and answers are sent to another place of the same server.
    pub fn redirect(&self) {
        self.portal.lock().unwrap().redirects = true;
    }

    /// From here on no answer is taken, with this for a reason.
    pub fn refuse_with(&self, reason: Value) {
        self.portal.lock().unwrap().refuses = Some(reason);
    }

    /// The person is sent there after the answer.
    pub fn go_on_at(&self, address: &'static str) {
        self.portal.lock().unwrap().goes_on = address;
    }

    pub fn posted(&self) -> Option<String> {
        self.portal.lock().unwrap().posted.clone()
    }

    pub fn verdict(&self) -> Result<Answer, OnlineError> {
        self.portal.lock().unwrap().verdict.take().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Portal {
    fn reply(&mut self, asked: &Asked, url: &str) -> Reply {
        if self.redirects && !asked.path.starts_with("/moved") {
            return Reply::error(307, &json!({})).with("location", &format!("{url}/moved{}", asked.path));
        }
        if asked.path.ends_with("/request") {
            if let Some(question) = self.question.take() {
                self.session = Some(Session::new(&self.asker, question, &format!("{url}/answer")).unwrap());
            }
            let nonce = url::form_urlencoded::parse(&asked.body).find(|(name, _)| name == "wallet_nonce");
            let nonce = nonce.map(|(_, value)| value.into_owned());
            return match self.session.as_mut().unwrap().connect(nonce.as_deref(), NOW) {
                Ok(input) => Reply { status: 200, headers: Vec::new(), body: self.sign(&input).into_bytes() },
                Err(_) => Reply::error(409, &json!({"error": "taken"})),
            };
        }
        self.posted = Some(String::from_utf8(asked.body.clone()).unwrap());
        let Some(session) = self.session.take() else { return Reply::error(404, &json!({})) };
        self.verdict = Some(session.answer(&asked.body, &Issuers { anchors: &self.issuers }, NOW));
        match &self.refuses {
            Some(reason) => Reply::error(400, reason),
            None => Reply::json(&json!({"redirect_uri": self.goes_on})),
        }
    }

    fn sign(&self, input: &str) -> String {
        let object = compact(input, &self.key.sign(input.as_bytes()));
        let jws = Jws::parse(&object, LONGEST_REQUEST).unwrap();
        let header = Value::Object(jws.header().members().clone());
        let mut payload = Value::Object(jws.verify(&self.key.public()).unwrap().claims().clone());
        (self.change)(&mut payload);
        let input = signing_input(&header, &payload);
        compact(&input, &self.key.sign(input.as_bytes()))
    }
}

/// The portal may ask for the name on the card and on the licence.
fn registration(register: &Authority) -> Value {
    let registrar = TestKey::new();
    let draft = RegistrationDraft {
        chain: &[register.issue("Registrar", &registrar)],
        subject: "portal.example.vn",
        name: "Cổng Mẫu",
        purpose: "to sign you in",
        may_ask: &json!({"credentials": [card_query(&["name"]), licence_query(&["family_name"])]}),
        issued_at: NOW,
        expires_at: NOW.plus_seconds(3600),
    };
    let input = draft.signing_input();
    RegistrationDraft::entry(&compact(&input, &registrar.sign(input.as_bytes())))
}

/// A wallet with two copies of a card and a third that approves, one of a licence, and one of an identity whose key may approve
/// transactions, as was attested of it.
fn wallet(issuers: &Authority) -> (Wallet, Arc<MemoryKeyStore>, PathBuf) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let folder = std::env::temp_dir().join(format!("sen-online-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (secrets, keys) = (Arc::new(MemorySecretStore::default()), Arc::new(MemoryKeyStore::default()));
    let wallet = Wallet::open(&folder, secrets, keys.clone()).unwrap();
    let issuer = TestKey::new();
    let chain = vec![issuers.issue("Issuer", &issuer)];
    store(
        &wallet,
        "card",
        DocumentFormat::SdJwt,
        "urn:example:card",
        &[
            (KeyPolicy::Presentation, &|key| card(&issuer, &chain, key)),
            (KeyPolicy::Presentation, &|key| card(&issuer, &chain, key)),
            (KeyPolicy::Approval, &|key| card(&issuer, &chain, key)),
        ],
    );
    store(
        &wallet,
        "licence",
        DocumentFormat::Mdoc,
        "org.iso.18013.5.1.mDL",
        &[(KeyPolicy::Presentation, &|key| mdoc(&issuer, &chain, key, "org.iso.18013.5.1.mDL", None))],
    );
    store(
        &wallet,
        "identity",
        DocumentFormat::Mdoc,
        "org.example.identity",
        &[(KeyPolicy::Approval, &|key| mdoc(&issuer, &chain, key, "org.example.identity", Some(3)))],
    );
    (wallet, keys, folder)
}

/// Issues a copy for a key.
type Issue<'a> = &'a dyn Fn(&PublicKey) -> Vec<u8>;

fn store(wallet: &Wallet, id: &str, format: DocumentFormat, kind: &str, issue: &[(KeyPolicy, Issue<'_>)]) {
    let keys: Vec<NewKey<'_>> =
        issue.iter().map(|(policy, _)| wallet.keys.create(&wallet.vault, *policy, b"").unwrap()).collect();
    let copies = keys.iter().zip(issue).map(|(key, (policy, issue))| DocumentCopy {
        key: key.id().to_owned(),
        bytes: issue(key.key().unwrap().public()),
        shown: 0,
        approves: *policy == KeyPolicy::Approval,
    });
    let record = DocumentRecord {
        format,
        kind: kind.to_owned(),
        issuer: "CN=Issuer,C=VN".to_owned(),
        issuer_url: "https://issuer.example.vn".to_owned(),
        configuration: id.to_owned(),
        copies: copies.collect(),
        issued_at: NOW.as_unix() - 60,
        expires_at: Some(NOW.as_unix() + 86_400),
        grant: None,
    };
    NewKey::keep_all(&wallet.vault, keys, |change| Ok(change.put(Table::Document, id, &record)?)).unwrap();
}

fn card(issuer: &TestKey, chain: &[Vec<u8>], holder: &PublicKey) -> Vec<u8> {
    let claims = json!({"name": "Mẫu", "birthdate": "1999-01-01", "nationalities": ["VN", "LA"]});
    let place = |name: &str| vec![Step::Key(name.into())];
    let draft = SdJwtDraft {
        vct: "urn:example:card".to_owned(),
        claims: claims.as_object().cloned().unwrap_or_else(Map::new),
        selective: BTreeSet::from([place("name"), place("birthdate"), place("nationalities")]),
        decoys: 1,
        cnf: Some(*holder),
        not_before: None,
        expires: NOW.plus_seconds(86_400),
        status: None,
        chain: chain.to_vec(),
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    unsigned.assemble(&issuer.sign(unsigned.to_be_signed())).into_bytes()
}

/// One whose key may approve where a level was attested of it.
fn mdoc(
    issuer: &TestKey,
    chain: &[Vec<u8>],
    holder: &PublicKey,
    doc_type: &str,
    level: Option<u8>,
) -> Vec<u8> {
    let mut authorizations = KeyAuthorizations::default();
    if level.is_some() {
        authorizations.namespaces.insert(TRANSACTION_NAMESPACE.to_owned());
    }
    let element = |identifier: &str, value: &str| {
        let mut out = Encoder::new();
        out.text(value);
        NewElement {
            namespace: "org.iso.18013.5.1".to_owned(),
            identifier: identifier.to_owned(),
            value: out.finish(),
        }
    };
    let names = [element("family_name", "Nguyễn"), element("given_name", "Thị Mẫu")];
    let policy = level.map(|level| NewElement {
        namespace: TRANSACTION_NAMESPACE.to_owned(),
        identifier: LEVEL_POLICY.to_owned(),
        value: trust::cbor::to_vec(&level).unwrap(),
    });
    let draft = MdocDraft {
        doc_type: doc_type.to_owned(),
        elements: names.into_iter().chain(policy).collect(),
        device_key: *holder,
        authorizations,
        signed: NOW.minus_seconds(60),
        valid_from: NOW.minus_seconds(60),
        valid_until: NOW.plus_seconds(86_400),
        status: None,
        chain: chain.to_vec(),
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    unsigned.assemble(&issuer.sign(&unsigned.to_be_signed()))
}

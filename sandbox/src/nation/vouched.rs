//! Whom the trust list names by certificates: the authorities over issuers of documents and over those who ask for them, and
//! the register of the latter. The operator can withdraw each, and each that they certified.
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use trust::anchors::{ListedCertificate, Role};
use trust::certificates::{Certificate, CertificateAnchors};

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{DatabaseError, Statements, values};
use super::{Nation, SandboxError, Shared, askers, names, status};

/// Somebody with a certificate.
struct Certified<'n> {
    /// What the operator calls it.
    who: &'static str,
    /// What people call it.
    name: &'static str,
    role: Role,
    certificate: &'n [u8],
    /// Listed in its own right, and not only once it is withdrawn.
    is_anchor: bool,
}

fn all(nation: &Nation) -> [Certified<'_>; 6] {
    let authority = &nation.authority;
    let one = |who, name, role, certificate, is_anchor| Certified { who, name, role, certificate, is_anchor };
    [
        one(
            "documents",
            "Sen sandbox documents, TEST ONLY",
            Role::Documents,
            &authority.documents_ca[..],
            true,
        ),
        one("askers", "Sen sandbox askers, TEST ONLY", Role::Requests, &authority.askers_ca, true),
        // Itself alone: whoever asks must not be able to register itself.
        one(
            "registrar",
            "Sen sandbox register of askers, TEST ONLY",
            Role::Registrations,
            &authority.registrar.certificate,
            true,
        ),
        one(
            "issuer",
            "Sen sandbox issuer, TEST ONLY",
            Role::Documents,
            &authority.documents.certificate,
            false,
        ),
        one(
            "portal",
            "Cổng dịch vụ công Mẫu, TEST ONLY",
            Role::Requests,
            &authority.portal.certificate,
            false,
        ),
        one("bank", "Ngân hàng Mẫu, TEST ONLY", Role::Requests, &authority.bank.certificate, false),
    ]
}

fn setting(who: &str) -> String {
    format!("withdrawn: {who}")
}

pub(super) fn is_withdrawn(statements: &dyn Statements, who: &str) -> Result<bool, DatabaseError> {
    let find = "SELECT value FROM setting WHERE name = $1";
    let found = statements.row(find, values![setting(who)])?.map(|row| row.get::<i64>(0)).transpose()?;
    Ok(found.is_some_and(|value| value != 0))
}

/// What stands in the trust list.
pub(super) fn listed(nation: &Nation) -> Result<Vec<ListedCertificate>, SandboxError> {
    let mut listed = Vec::new();
    for one in all(nation) {
        let revoked = nation.database.read(|statements| is_withdrawn(statements, one.who))?;
        if one.is_anchor || revoked {
            let (certificate, name) = (one.certificate.to_vec(), one.name.to_owned());
            listed.push(ListedCertificate { role: one.role, certificate, name, revoked });
        }
    }
    listed.extend(askers::withdrawn(nation)?);
    Ok(listed)
}

/// Whether this is what the operator calls one of the nation's own.
pub(super) fn is_own(nation: &Nation, who: &str) -> bool {
    all(nation).iter().any(|one| one.who == who)
}

/// Whom portal and bank believe themselves: what the list says.
pub(super) fn anchors(nation: &Nation, role: Role) -> Result<CertificateAnchors, SandboxError> {
    let (mut anchors, mut withdrawn) = (Vec::new(), Vec::new());
    for listed in listed(nation)?.into_iter().filter(|listed| listed.role == role) {
        let certificate = Certificate::parse(&listed.certificate).map_err(|_| SandboxError::Key)?;
        if listed.revoked {
            withdrawn.push(certificate.sha256());
        } else {
            anchors.push(certificate);
        }
    }
    Ok(CertificateAnchors::new(anchors).without(withdrawn))
}

#[derive(Deserialize)]
struct Withdrawal {
    who: String,
    withdrawn: bool,
}

/// Withdraws somebody, or lists them again; the trust list follows at once.
pub(super) async fn withdraw(State(nation): State<Shared>, body: Body) -> Answer {
    let asked: Withdrawal = body.json("invalid_request")?;
    let who = names::composed(&asked.who);
    if !is_own(&nation, &who) && !askers::is_registered(&nation, &who)? {
        let text = "documents, askers, registrar, issuer, portal, bank, or the name of somebody registered";
        return Err(Refusal::new("who_unknown", text));
    }
    let put = "INSERT INTO setting VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    let row = values![setting(&who), i64::from(asked.withdrawn)];
    nation.database.change(|change| change.execute(put, row))?;
    status::publish_trust_list(&nation)?;
    Ok(fresh(json!({"done": true})))
}

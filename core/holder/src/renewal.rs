//! What the wallet holds fetched anew, one by one, so that a shell can tell what became of each: credentials of the provider,
//! documents of any issuer, and those that are awaited.

use trust::time::Timestamp;

use crate::account::Account;
use crate::consent::clock_offset;
use crate::credentials::{CredentialInfo, CredentialName};
use crate::documents::{DocumentInfo, DocumentRecord};
use crate::issuance::{AwaitedInfo, Wanted};
use crate::ports::ProgressListener;
use crate::store::Table;
use crate::wallet::Wallet;
use crate::{Error, IssuanceError};

/// Something held or awaited that a new one can be had of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewable {
    /// A credential of the account's provider.
    Credential(CredentialInfo),
    /// A document.
    Document(DocumentInfo),
    /// A document that its issuer said would come later.
    Awaited(AwaitedInfo),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewed {
    /// New credentials, in place of the earlier.
    Credentials(Vec<CredentialInfo>),
    /// New documents, in place of the earlier.
    Documents(Vec<DocumentInfo>),
    /// The issuer has it later still.
    NotReady,
    /// It comes with a new offer alone, which the person has to follow.
    NeedsOffer,
}

/// How a document is fetched anew.
enum Way {
    /// By the leave that its issuer gave.
    Leave,
    /// By its name at the account's provider.
    Named(String),
    /// Not without the person.
    None,
}

impl Renewable {
    /// The wallet's own name for what is held now.
    pub fn id(&self) -> &str {
        match self {
            Self::Credential(info) => &info.id,
            Self::Document(info) => &info.id,
            Self::Awaited(info) => &info.id,
        }
    }

    /// Its type: `vct` or `docType`.
    pub fn kind(&self) -> &str {
        match self {
            Self::Credential(info) => &info.vct,
            Self::Document(info) => &info.kind,
            Self::Awaited(info) => &info.kind,
        }
    }

    /// At this time of the provider's.
    fn is_due(&self, there: Timestamp) -> bool {
        match self {
            Self::Credential(info) => there >= info.refresh_at,
            Self::Document(info) => {
                let half =
                    |end: Timestamp| info.issued_at.plus_seconds(end.seconds_since(info.issued_at) / 2);
                let used_up = info.copies > 1 && info.unshown == 0;
                used_up || info.expires_at.is_some_and(|end| there >= half(end))
            }
            Self::Awaited(info) => there >= info.not_before,
        }
    }
}

impl Renewed {
    /// None where the issuer will have it later.
    fn documents(fetched: impl IntoIterator<Item = DocumentInfo>) -> Self {
        let documents: Vec<_> = fetched.into_iter().collect();
        if documents.is_empty() { Self::NotReady } else { Self::Documents(documents) }
    }
}

impl Wallet {
    /// All that could be fetched anew, credentials first. A document whose issuer will have it anew later stands here as the one that is
    /// awaited, and no second one is asked for.
    ///
    /// # Errors
    /// What the store says.
    pub fn renewable(&self) -> Result<Vec<Renewable>, Error> {
        let awaited = self.awaited()?;
        let mut documents = self.documents()?;
        documents.retain(|held| !awaited.iter().any(|awaited| awaited.replaces(held)));
        let credentials = self.credentials()?.into_iter().map(Renewable::Credential);
        let documents = documents.into_iter().map(Renewable::Document);
        Ok(credentials.chain(documents).chain(awaited.into_iter().map(Renewable::Awaited)).collect())
    }

    /// Whether its time has come, at this time of the device's: for a credential its [moment](CredentialInfo::refresh_at); for a
    /// document half of its life, or when each of several copies was shown; for one that is awaited when its issuer said.
    pub fn is_due(&self, renewable: &Renewable, now: Timestamp) -> bool {
        renewable.is_due(now.plus_seconds(clock_offset(&self.vault.store())))
    }

    /// All whose [time has come](Wallet::is_due), credentials first, but for what comes with a new offer alone.
    ///
    /// # Errors
    /// What the store says.
    pub fn due(&self, now: Timestamp) -> Result<Vec<Renewable>, Error> {
        let mut due = self.renewable()?;
        due.retain(|one| self.is_due(one, now));
        let mut possible = Vec::with_capacity(due.len());
        for one in due {
            let can = match &one {
                Renewable::Document(info) => !matches!(self.account().way(&info.id)?, Way::None),
                Renewable::Credential(_) | Renewable::Awaited(_) => true,
            };
            possible.extend(can.then_some(one));
        }
        Ok(possible)
    }
}

impl Account<'_> {
    /// Fetches anew what is [due](Wallet::due), and the trust list. What is not due yet is left alone, and so is what comes with a new
    /// offer alone or is not there yet. Keys that ask the person at each use ask here, too.
    ///
    /// # Errors
    /// The first one, after all were tried: what could be fetched is kept.
    pub async fn refresh_due(
        self,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Vec<Renewed>, Error> {
        let (mut refreshed, mut failed) = (Vec::new(), None);
        // Without one at hand there is nothing to withdraw from; who needs one fetches it.
        if self.wallet.trust_list()?.is_some() {
            failed = self.refresh_trust_list(now).await.err();
        }
        for one in self.wallet.due(now)? {
            match self.renew(&one, progress, now).await {
                Ok(Renewed::NotReady | Renewed::NeedsOffer) => {}
                Ok(renewed) => refreshed.push(renewed),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(refreshed), Err)
    }

    /// Fetches one anew. Others are none of its concern: a failure here stops nothing there.
    ///
    /// # Errors
    /// As [`Account::obtain_credential`], [`Wallet::refresh_document`], [`Account::obtain_document`] and [`Wallet::fetch_awaited`];
    /// [`IssuanceError::NotFound`] for what is not held any more.
    pub async fn renew(
        self,
        renewable: &Renewable,
        progress: &dyn ProgressListener,
        now: Timestamp,
    ) -> Result<Renewed, Error> {
        match renewable {
            Renewable::Credential(info) => {
                let Some(name) = CredentialName::from_vct(&info.vct) else { return Ok(Renewed::NeedsOffer) };
                let wanted = Wanted::Named(name, info.ward.as_deref());
                Ok(Renewed::Credentials(self.obtain_credential(wanted, None, progress, now).await?))
            }
            Renewable::Document(info) => {
                if let Some(awaited) = self.wallet.awaited_anew(&info.id)? {
                    return Ok(Renewed::documents(self.wallet.fetch_awaited(&awaited, progress, now).await?));
                }
                Ok(match self.way(&info.id)? {
                    Way::Leave => {
                        Renewed::documents(self.wallet.refresh_document(&info.id, progress, now).await?)
                    }
                    Way::Named(name) => {
                        Renewed::documents(self.obtain_document(&name, None, progress, now).await?)
                    }
                    Way::None => Renewed::NeedsOffer,
                })
            }
            Renewable::Awaited(info) => {
                Ok(Renewed::documents(self.wallet.fetch_awaited(&info.id, progress, now).await?))
            }
        }
    }

    fn way(self, id: &str) -> Result<Way, Error> {
        let document: Option<DocumentRecord> = self.wallet.vault.store().read(Table::Document, id)?;
        let document = document.ok_or(IssuanceError::NotFound)?;
        if document.grant.is_some() {
            return Ok(Way::Leave);
        }
        // A wallet can have documents and no account.
        let is_providers = self.provider().is_ok_and(|provider| provider.url == document.issuer_url);
        Ok(if is_providers { Way::Named(document.configuration) } else { Way::None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::DocumentFormat;

    #[test]
    fn an_issuer_that_gave_nothing_yet_has_it_later() {
        assert_eq!(Renewed::documents([]), Renewed::NotReady);
    }

    fn document(copies: usize, unshown: usize) -> Renewable {
        Renewable::Document(DocumentInfo {
            id: String::new(),
            format: DocumentFormat::Mdoc,
            kind: String::new(),
            issuer: String::new(),
            issuer_url: String::new(),
            issued_at: Timestamp::from_unix(1000),
            expires_at: Some(Timestamp::from_unix(3000)),
            copies,
            unshown,
            can_approve: false,
            refreshable: false,
        })
    }

    #[test]
    fn a_document_is_due_at_half_of_its_life_or_when_each_of_its_copies_was_shown() {
        for (copies, unshown, at, due) in
            [(4, 1, 1999, false), (4, 1, 2000, true), (4, 0, 1000, true), (1, 0, 1999, false)]
        {
            let is_due = document(copies, unshown).is_due(Timestamp::from_unix(at));
            assert_eq!(is_due, due, "{unshown} of {copies} at {at}");
        }
    }
}

//! Where an account begins on this phone: what makes room for it, and the record that owns its key.

use http_client::{Request, ServerCode};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::record::{ACCOUNT, AccountRecord};
use super::standing::{Stage, Standing};
use super::{Account, AccountError, Provider, departure, pin, transfer};
use crate::keys::{Keys, NewKey};
use crate::ports::KeyError;
use crate::store::{Change, Table};
use crate::{Error, stated_level, trust_list};

impl Account<'_> {
    /// Where there is room for an account: reaches its provider, and gives its trust root.
    pub(super) async fn reach(
        &self,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<(http_client::Client, PublicKey), Error> {
        if let Some(earlier) = self.earlier() {
            self.make_room(&earlier, provider, now).await?;
        }
        provider.check_address()?;
        let client = self.wallet.client(&provider.roots_pem)?;
        let trust_root = fetch_trust_root(&client, &provider.url).await?;
        Ok((client, trust_root))
    }

    /// Makes sure that no key is given up which is the account's, or is about to be: the provider may have taken a proof or a
    /// claim whose answer was lost, and would make the account that of a key which is gone.
    async fn make_room(
        &self,
        earlier: &AccountRecord,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<(), Error> {
        if earlier.standing().is_in_use() {
            return match departure::instance_key(self.wallet, earlier) {
                Err(Error::Key(KeyError::Lost)) => Ok(()),
                _ => Err(AccountError::AlreadyActive.into()),
            };
        }
        if earlier.provider != provider.url {
            return Ok(());
        }
        let asked = match earlier.stage {
            Stage::Proving | Stage::Waiting => self.show(now).await.map(drop),
            Stage::Receiving => self.claim(now).await.map(drop),
            _ => return Ok(()),
        };
        let Some(record) = self.earlier() else { return Ok(()) };
        match asked {
            Ok(()) if record.standing().is_in_use() => Err(AccountError::AlreadyActive.into()),
            Err(error) if departure::refuse_departed(record.stage).is_ok() && !took_nothing(&error) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Keeps a new key with the record that owns it, in place of an earlier one that came to nothing.
    pub(super) fn begin_with(
        &self,
        key: NewKey<'_>,
        mut record: AccountRecord,
        server_time: i64,
        now: Timestamp,
        more: impl FnOnce(&mut Change<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        record.learn_time(server_time, now);
        let earlier = self.earlier();
        key.keep(|change| {
            if let Some(earlier) = &earlier {
                Keys::doom(change, &earlier.instance_key)?;
            }
            trust_list::forget(change)?;
            stated_level::forget(change)?;
            pin::forget(change)?;
            transfer::forget(change)?;
            change.put(Table::Account, ACCOUNT, &record)?;
            more(change)
        })?;
        if let Some(earlier) = earlier {
            self.wallet.keys.delete(&self.wallet.vault, &earlier.instance_key)?;
        }
        Ok(())
    }
}

/// Whether the provider says that it took nothing from this phone's key.
fn took_nothing(error: &Error) -> bool {
    *error == AccountError::NotHandedOver.into()
        || matches!(
            error.server_code(),
            ServerCode::AccountUnknown
                | ServerCode::AttestationRefused
                | ServerCode::NotAttested
                | ServerCode::PlatformUnknown
        )
}

/// A record of an account that begins here; the provider's name for it is not known yet, and nothing was sent.
pub(super) fn new_record(
    provider: &Provider,
    trust_root: &PublicKey,
    instance_key: &str,
    device_name: &str,
    stage: Stage,
) -> AccountRecord {
    let Standing { stage, level, proof } = Standing::at(stage);
    AccountRecord {
        provider: provider.url.clone(),
        roots_pem: provider.roots_pem.clone(),
        trust_root: trust_root.uncompressed().to_vec(),
        account: String::new(),
        instance_key: instance_key.to_owned(),
        sequence: 0,
        stage,
        level,
        proof,
        clock_offset: 0,
        newest_time: 0,
        device_name: device_name.to_owned(),
        level_unsaid: false,
        told: None,
    }
}

async fn fetch_trust_root(client: &http_client::Client, provider: &str) -> Result<PublicKey, Error> {
    let answer = client.fetch(Request::get(&format!("{provider}/trust/root.pub"))?).await?;
    trust_root_from_text(answer.text()?).ok_or(AccountError::UnexpectedAnswer.into())
}

/// 65 bytes in hex, as a trust folder's `root.pub` holds them.
fn trust_root_from_text(text: &str) -> Option<PublicKey> {
    let text = text.trim();
    let digits = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2 && !pair.starts_with('+'))?;
        u8::from_str_radix(pair, 16).ok()
    });
    PublicKey::from_uncompressed(&digits.collect::<Option<Vec<u8>>>()?).ok()
}

//! A desk's own key and the certificate that names it, in a folder: what it signs its questions with in two-way mode.
//!
//! `desk.p8` holds the key (PKCS #8, for its owner alone), `desk.cwt` the certificate, `desk.txt` the name.
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_client::{Client, Request};
use presentation::challenge;
use ring::rand::SystemRandom as RingRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use trust::p256::PublicKey;
use trust::random::SystemRandom;
use trust::time::Timestamp;
use verifier::{DeskName, NoQuestion, Questions, Wanted};

const KEY: &str = "desk.p8";
const CERTIFICATE: &str = "desk.cwt";
const NAME: &str = "desk.txt";

/// Why a desk has no name, or asks nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskNameError {
    /// The folder, or a file in it, cannot be read or written.
    #[error("the desk's folder cannot be used")]
    Folder,
    /// No certificate is there yet.
    #[error("this desk has no name yet")]
    Unnamed,
    /// The key is unusable, or the system gave no random bytes.
    #[error("the desk's key cannot be used")]
    Key,
    /// The question cannot be asked.
    #[error(transparent)]
    Question(NoQuestion),
    /// The register of clinics was not reached, or refused.
    #[error(transparent)]
    Register(#[from] http_client::Error),
    /// The register's answer is no certificate.
    #[error("the register gave no certificate")]
    NoCertificate,
}

/// A question as the desk's screen shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenQuestion {
    /// The digits for the code.
    pub text: String,
    /// The question's random number, by which [`Questions`] knows it.
    pub cnonce: Vec<u8>,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// A desk with a key and, once it has been named, a certificate.
#[derive(Debug)]
pub struct DeskIdentity {
    folder: PathBuf,
    key: EcdsaKeyPair,
    name: Option<DeskName>,
}

impl DeskIdentity {
    /// Opens the folder, made with a new key when absent.
    pub fn open(folder: &Path) -> Result<Self, DeskNameError> {
        fs::create_dir_all(folder).map_err(|_| DeskNameError::Folder)?;
        let file = folder.join(KEY);
        if !file.exists() {
            let new = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &RingRandom::new());
            write_private(&file, new.map_err(|_| DeskNameError::Key)?.as_ref())?;
        }
        let pkcs8 = fs::read(&file).map_err(|_| DeskNameError::Folder)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &RingRandom::new());
        let (name, certificate) = (fs::read_to_string(folder.join(NAME)), fs::read(folder.join(CERTIFICATE)));
        let name = name.ok().zip(certificate.ok()).map(|(name, certificate)| DeskName { name, certificate });
        Ok(Self { folder: folder.to_owned(), key: key.map_err(|_| DeskNameError::Key)?, name })
    }

    /// Its name and certificate, once it has them.
    pub const fn name(&self) -> Option<&DeskName> {
        self.name.as_ref()
    }

    /// Asks the register of clinics for a name, or for a new certificate of the one it has.
    pub async fn enrol(&mut self, name: &str, register: &str, client: &Client) -> Result<(), DeskNameError> {
        let public =
            PublicKey::from_uncompressed(self.key.public_key().as_ref()).map_err(|_| DeskNameError::Key)?;
        let body = json!({"name": name, "key": URL_SAFE_NO_PAD.encode(public.compressed())});
        let answer = client.fetch(Request::post_json(register, &body)?).await?.into_body();
        let answer: serde_json::Value =
            serde_json::from_slice(&answer).map_err(|_| DeskNameError::NoCertificate)?;
        let member = |member: &str| answer.get(member).and_then(serde_json::Value::as_str);
        let (name, certificate) =
            member("name").zip(member("certificate")).ok_or(DeskNameError::NoCertificate)?;
        let certificate = URL_SAFE_NO_PAD.decode(certificate).map_err(|_| DeskNameError::NoCertificate)?;
        write_private(&self.folder.join(CERTIFICATE), &certificate)?;
        write_private(&self.folder.join(NAME), name.as_bytes())?;
        self.name = Some(DeskName { name: name.to_owned(), certificate });
        Ok(())
    }

    /// A new question for the desk's screen, open from now on.
    ///
    /// # Errors
    /// [`DeskNameError::Unnamed`] before [`DeskIdentity::enrol`], [`DeskNameError::Question`] where no phone would answer.
    pub fn ask(
        &self,
        questions: &mut Questions,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<ScreenQuestion, DeskNameError> {
        let name = self.name.as_ref().ok_or(DeskNameError::Unnamed)?;
        let asked =
            questions.ask(name, wanted, &mut SystemRandom::new(), now).map_err(DeskNameError::Question)?;
        let signature =
            self.key.sign(&RingRandom::new(), &asked.draft.to_be_signed()).map_err(|_| DeskNameError::Key)?;
        let signature = signature.as_ref().try_into().map_err(|_| DeskNameError::Key)?;
        let text = challenge::encode(&asked.draft.assemble(signature));
        Ok(ScreenQuestion { text, cnonce: asked.cnonce, expires_at: asked.expires_at })
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(file: &Path, bytes: &[u8]) -> Result<(), DeskNameError> {
    let unfinished = file.with_extension("unfinished");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&unfinished).and_then(|mut out| std::io::Write::write_all(&mut out, bytes));
    written.and_then(|()| fs::rename(&unfinished, file)).map_err(|_| DeskNameError::Folder)
}

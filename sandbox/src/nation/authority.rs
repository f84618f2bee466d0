//! The sandbox's signing keys, each in a file of its folder.
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::certificates::{Certificate, CertificateAnchors};
use trust::cose::Draft;
use trust::p256::PublicKey;

use super::SandboxError;
use super::certificates::{ASKERS_CA, CertificateAuthority, DOCUMENTS_CA, Use, WALLETS_CA};

/// A P-256 key pair of one service.
pub(super) struct ServiceKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
    /// The name under which lists and tokens refer to it.
    pub(super) kid: Vec<u8>,
}

/// All of them: compromise of one must not be compromise of another.
pub(super) struct Authority {
    pub(super) root: ServiceKey,
    pub(super) issuer: ServiceKey,
    pub(super) status: ServiceKey,
    pub(super) face: ServiceKey,
    /// Signs documents whose issuer is named by certificates.
    pub(super) documents: Certified,
    /// Asks for documents at the portal.
    pub(super) portal: Certified,
    /// Asks for documents at the bank's counter and machines.
    pub(super) bank: Certified,
    /// Says what portal and bank may ask for.
    pub(super) registrar: Certified,
    /// Vouches for wallets and their keys.
    pub(super) wallets: Certified,
    /// Names the desks of clinics.
    pub(super) desks: ServiceKey,
    /// States authentication levels.
    pub(super) levels: ServiceKey,
    /// Seals the public keys of PINs.
    pub(super) pins: ServiceSecret,
    /// Goes into the hashes of revocation codes.
    pub(super) codes: ServiceSecret,
    /// The certificate of the authority over those who sign documents, in DER.
    pub(super) documents_ca: Vec<u8>,
    /// The authority over those who ask for them.
    pub(super) askers: CertificateAuthority,
    /// Its certificate, in DER.
    pub(super) askers_ca: Vec<u8>,
    /// The certificate of the authority over providers of wallets, in PEM.
    wallets_ca: String,
}

/// A key with its certificate in DER.
pub(super) struct Certified {
    pub(super) key: ServiceKey,
    pub(super) certificate: Vec<u8>,
}

/// A secret of one service, 32 octets.
pub(super) struct ServiceSecret(trust::secret::Secret<[u8; 32]>);

impl Authority {
    pub(super) fn open(data_dir: &Path) -> Result<Self, SandboxError> {
        let folder = data_dir.join("keys");
        std::fs::create_dir_all(&folder)?;
        let key = |name: &str| ServiceKey::open(&folder.join(name).with_extension("p8"));
        let documents =
            CertificateAuthority::open(data_dir, DOCUMENTS_CA, "Sen sandbox documents, TEST ONLY")?;
        let askers = CertificateAuthority::open(data_dir, ASKERS_CA, "Sen sandbox askers, TEST ONLY")?;
        let wallets =
            CertificateAuthority::open(data_dir, WALLETS_CA, "Sen sandbox wallet providers, TEST ONLY")?;
        let certified = |authority: &CertificateAuthority, name: &str, subject: &str, used_for| {
            let key = key(name)?;
            let file = folder.join(name).with_extension("cer");
            let certificate = authority.certify(&key, subject, used_for, &file)?;
            Ok::<_, SandboxError>(Certified { key, certificate })
        };
        Ok(Self {
            root: key("root")?,
            issuer: key("issuer")?,
            status: key("status")?,
            face: key("face")?,
            documents: certified(&documents, "documents", "Sen sandbox issuer, TEST ONLY", Use::Documents)?,
            portal: certified(&askers, "portal", "Cổng dịch vụ công Mẫu, TEST ONLY", Use::Requests)?,
            bank: certified(&askers, "bank", "Ngân hàng Mẫu, TEST ONLY", Use::Requests)?,
            registrar: certified(
                &askers,
                "registrar",
                "Sen sandbox register of askers, TEST ONLY",
                Use::Registration,
            )?,
            wallets: certified(&wallets, "wallets", "Sen sandbox wallets, TEST ONLY", Use::Attestation)?,
            desks: key("desks")?,
            levels: key("levels")?,
            pins: ServiceSecret::open(&folder.join("pins.secret"))?,
            codes: ServiceSecret::open(&folder.join("codes.secret"))?,
            documents_ca: certificate(&data_dir.join(DOCUMENTS_CA))?,
            askers,
            askers_ca: certificate(&data_dir.join(ASKERS_CA))?,
            wallets_ca: std::fs::read_to_string(data_dir.join(WALLETS_CA))?,
        })
    }

    /// Whom the issuer believes about wallets and their keys.
    pub(super) fn wallet_anchors(&self) -> Result<CertificateAnchors, SandboxError> {
        CertificateAnchors::from_pem(&self.wallets_ca).map_err(|_| SandboxError::Key)
    }
}

/// The certificate in a PEM file, in DER.
fn certificate(file: &Path) -> Result<Vec<u8>, SandboxError> {
    let found = Certificate::parse_pem(&std::fs::read_to_string(file)?).map_err(|_| SandboxError::Key)?;
    Ok(found.first().ok_or(SandboxError::Key)?.der().to_vec())
}

impl ServiceSecret {
    fn open(file: &Path) -> Result<Self, SandboxError> {
        if !file.exists() {
            let mut octets = [0; 32];
            SystemRandom::new().fill(&mut octets).map_err(|_| SandboxError::Key)?;
            write_private(file, &octets)?;
        }
        let octets = std::fs::read(file)?.try_into().map_err(|_| SandboxError::Key)?;
        Ok(Self(trust::secret::Secret::new(octets)))
    }

    pub(super) fn octets(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

impl ServiceKey {
    fn open(file: &Path) -> Result<Self, SandboxError> {
        let random = SystemRandom::new();
        if !file.exists() {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            write_private(file, pkcs8.map_err(|_| SandboxError::Key)?.as_ref())?;
        }
        let pkcs8 = std::fs::read(file)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random);
        let pair = pair.map_err(|_| SandboxError::Key)?;
        let public =
            PublicKey::from_uncompressed(pair.public_key().as_ref()).map_err(|_| SandboxError::Key)?;
        let kid = super::sha256(&public.compressed()).into_iter().take(4).collect();
        Ok(Self { pair, public, kid })
    }

    /// The public key as an uncompressed point.
    pub(super) fn point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    pub(super) const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<[u8; 64], SandboxError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| SandboxError::Key)?;
        signature.as_ref().try_into().map_err(|_| SandboxError::Key)
    }

    pub(super) fn sign_token(&self, draft: &Draft) -> Result<Vec<u8>, SandboxError> {
        Ok(draft.assemble(&self.sign(&draft.to_be_signed())?))
    }
}

/// Writes a file that only its owner can read.
pub(super) fn write_private(file: &Path, bytes: &[u8]) -> Result<(), std::io::Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(file)?, bytes)
}

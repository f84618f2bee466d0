//! What a description must say: a key of the known application, made and kept in hardware, that signs only with its owner there.
use super::super::{AttestationError, AttestedPolicy, LONGEST_UNLOCK};
use super::AndroidPolicy;
use super::application::ApplicationId;
use super::description::{KeyDescription, Properties, tag};

const SIGN: u64 = 2;
/// What a signing key may be listed for besides: verifying is no secret.
const VERIFY: u64 = 3;
const EC: u64 = 3;
const P256: u64 = 1;
const SHA256: u64 = 4;
const GENERATED: u64 = 0;
/// `HardwareAuthenticatorType`: the bit of the device's code, and that of its biometrics.
const PASSWORD: u64 = 1;
const BIOMETRIC: u64 = 2;

/// When the key signs, and whether a biometric alone unlocks it.
pub(super) fn check(
    described: &KeyDescription<'_>,
    challenge: &[u8],
    policy: &AndroidPolicy,
) -> Result<(AttestedPolicy, bool), AttestationError> {
    if described.challenge != challenge {
        return Err(AttestationError::Challenge);
    }
    if described.attestation_level < policy.minimum_level {
        return Err(AttestationError::AttestationLevel);
    }
    if described.key_level < policy.minimum_level {
        return Err(AttestationError::KeyLevel);
    }
    let (hardware, software) = (&described.hardware, &described.software);
    // Which of two would count is anybody's guess.
    if hardware.shares(software) {
        return Err(AttestationError::Ambiguous);
    }
    kind(hardware)?;
    let said = |number| hardware.has(number) || software.has(number);
    if said(tag::EXPORTABLE) {
        return Err(AttestationError::Exportable);
    }
    if said(tag::ALL_APPLICATIONS) {
        return Err(AttestationError::EveryApplication);
    }
    started(hardware, policy)?;
    owner(software, policy)?;
    if said(tag::NO_AUTH_REQUIRED) {
        return Err(AttestationError::NoAuthentication);
    }
    if said(tag::ALLOW_WHILE_ON_BODY) {
        return Err(AttestationError::UnlockedTooLong);
    }
    unlocked_by(hardware)
}

/// A P-256 key that was made in hardware and signs.
fn kind(hardware: &Properties<'_>) -> Result<(), AttestationError> {
    let purposes = hardware.integers(tag::PURPOSE)?;
    if !purposes.contains(&SIGN) || purposes.iter().any(|purpose| ![SIGN, VERIFY].contains(purpose)) {
        return Err(AttestationError::Purpose);
    }
    // Keymaster 1 to 3 name the curve by the size alone.
    let is_p256 = hardware.integer(tag::ALGORITHM)? == Some(EC)
        && hardware.integer(tag::KEY_SIZE)?.is_none_or(|bits| bits == 256)
        && hardware.integer(tag::EC_CURVE)?.is_none_or(|curve| curve == P256)
        && (hardware.has(tag::KEY_SIZE) || hardware.has(tag::EC_CURVE))
        && hardware.integers(tag::DIGEST)?.contains(&SHA256);
    if !is_p256 {
        return Err(AttestationError::Algorithm);
    }
    match hardware.integer(tag::ORIGIN)? {
        Some(GENERATED) => Ok(()),
        _ => Err(AttestationError::Origin),
    }
}

/// What the phone runs is what its maker signed, and not too old.
fn started(hardware: &Properties<'_>, policy: &AndroidPolicy) -> Result<(), AttestationError> {
    let root = hardware.root_of_trust()?.ok_or(AttestationError::NoRootOfTrust)?;
    if !root.is_locked {
        return Err(AttestationError::Unlocked);
    }
    if !root.is_verified {
        return Err(AttestationError::BootState);
    }
    let patched = hardware.integer(tag::OS_PATCH_LEVEL)?.unwrap_or_default();
    if patched < policy.minimum_patch_level { Err(AttestationError::PatchLevel) } else { Ok(()) }
}

/// Every package that shares the key, and every signer of theirs, is known.
fn owner(software: &Properties<'_>, policy: &AndroidPolicy) -> Result<(), AttestationError> {
    let owner = software.octets(tag::APPLICATION_ID)?.ok_or(AttestationError::Application)?;
    let owner = ApplicationId::parse(owner)?;
    let is_signer = |digest: &[u8]| policy.signers.iter().any(|signer| signer == digest);
    let known = !owner.packages.is_empty()
        && !owner.signers.is_empty()
        && owner.packages.iter().all(|package| policy.packages.contains(*package))
        && owner.signers.iter().all(|signer| is_signer(signer));
    if known { Ok(()) } else { Err(AttestationError::Application) }
}

fn unlocked_by(hardware: &Properties<'_>) -> Result<(AttestedPolicy, bool), AttestationError> {
    let authenticators = hardware.integer(tag::USER_AUTH_TYPE)?.unwrap_or_default();
    if authenticators & (PASSWORD | BIOMETRIC) == 0 {
        return Err(AttestationError::NoAuthentication);
    }
    let policy = match hardware.integer(tag::AUTH_TIMEOUT)? {
        None => AttestedPolicy::Approval,
        Some(seconds) if seconds <= LONGEST_UNLOCK => AttestedPolicy::Presentation,
        Some(_) => return Err(AttestationError::UnlockedTooLong),
    };
    Ok((policy, authenticators == BIOMETRIC))
}

//! How chips differ while all keeping to the standard, more or less.
use super::Hash;

/// The choices that a chip's maker made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Whether SELECT of the master file works. Some Vietnamese cards answer 6D00.
    pub master_selectable: bool,
    /// Whether lengths may be extended.
    pub extended: bool,
    /// Octets of the longest command.
    pub longest_command: usize,
    /// Octets of the longest response, without the status word.
    pub longest_response: usize,
    /// Whether READ BINARY past the end of the file warns with 6282; otherwise it answers 9000.
    pub end_of_file_warning: bool,
    /// Whether basic access control is offered.
    pub bac: bool,
    /// Whether files may be read by short identifier.
    pub short_identifiers: bool,
    /// The hash of active authentication with RSA.
    pub rsa_hash: Hash,
    /// Whether an ECDSA answer is `SEQUENCE { r, s }` instead of `r || s`.
    pub ecdsa_der: bool,
}

impl Default for Behaviour {
    /// A Vietnamese card: the master file cannot be selected, lengths may be extended, both access protocols work.
    fn default() -> Self {
        Self {
            master_selectable: false,
            extended: true,
            longest_command: 65_544,
            longest_response: 65_533,
            end_of_file_warning: true,
            bac: true,
            short_identifiers: true,
            rsa_hash: Hash::Sha1,
            ecdsa_der: false,
        }
    }
}

impl Behaviour {
    /// A chip that knows short lengths alone.
    pub fn short_only() -> Self {
        Self { extended: false, longest_command: 261, longest_response: 256, ..Self::default() }
    }
}

//! The words of `sen card`.
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::ProviderArgs;

/// The key printed on the card that opens the chip. One attempt is made; a wrong key is never retried.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct AccessArgs {
    /// Card access number: six digits (a CCCD: the last six of the personal number)
    #[arg(long, value_name = "N")]
    pub(crate) can: Option<String>,
    /// The machine readable zone: its lines, joined by a slash, a line break or nothing
    #[arg(long, value_name = "TEXT")]
    pub(crate) mrz: Option<String>,
    /// The text of the card's printed QR code, whose number yields the CAN
    #[arg(long, value_name = "TEXT")]
    pub(crate) qr: Option<String>,
}

/// Where the chip is.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct ChipArgs {
    /// A PC/SC reader, by (part of) its name
    #[arg(long, value_name = "NAME")]
    pub(crate) reader: Option<String>,
    /// A card folder, served by the chip simulator in this process
    #[arg(long, value_name = "DIR")]
    pub(crate) simulate: Option<PathBuf>,
}

/// Whom to believe, and what to show of a card that is not proven.
#[derive(Args, Debug)]
pub(crate) struct ProofArgs {
    /// CSCA certificates: a certificate, a master list, a revocation list, or a folder of them
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    pub(crate) csca: Vec<PathBuf>,
    /// Show what the card says even where it is not proven
    #[arg(long)]
    pub(crate) show_unproven: bool,
}

/// What to read, and what to do with it.
#[derive(Args, Debug)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) chip: ChipArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) proof: ProofArgs,
    /// Keep the files that were read in DIR
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,
    /// Write a signed record of the reading to FILE, for a server that proves it again without the card
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,
    /// The nonce that the record is for, as its recipient gave it: 8 to 64 octets in hex; random when absent
    #[arg(long, value_name = "HEX", requires = "evidence")]
    pub(crate) nonce: Option<String>,
}

/// What to prove, and against whom.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Folder of a reading (EF_COM.bin EF_SOD.bin EF_DG1.bin ...), or a signed record
    #[arg(value_name = "FILE|DIR")]
    saved: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) proof: ProofArgs,
    /// The signers of records to believe: a file with their public keys in hex, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) signer: Option<PathBuf>,
    /// The nonce that the record must be for, in hex
    #[arg(long, value_name = "HEX")]
    pub(crate) nonce: Option<String>,
    /// The time to judge validity at (RFC 3339); now when absent
    #[arg(long, value_name = "T")]
    pub(crate) at: Option<String>,
}

impl VerifyArgs {
    /// What to prove, and the paths of whom to believe. Behind several paths what to prove would pass for one more: it is the last.
    pub(crate) fn saved_and_csca(&self) -> Option<(&Path, &[PathBuf])> {
        match (&self.saved, self.proof.csca.as_slice()) {
            (Some(saved), csca) => Some((saved, csca)),
            (None, [csca @ .., saved]) if !csca.is_empty() => Some((saved, csca)),
            _ => None,
        }
    }
}

/// For whom to read, and which card.
#[derive(Args, Debug)]
pub(crate) struct LendArgs {
    /// The other phone's code: its digits, a PNG or JPEG picture of it, or `-` for digits on standard input
    #[arg(value_name = "TEXT|FILE")]
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) chip: ChipArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    /// Through whom to send it, where this device has no account
    #[command(flatten)]
    pub(crate) provider: ProviderArgs,
    /// The six check digits are the same on both: do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CardCommand {
    /// Read a chip card and prove it
    #[command(after_help = "Examples:\n  \
        sen card read --simulate tests/vectors/emrtd/vn_cccd/b_bp384_named_2024 --can 067891 \\\n      \
        --csca tests/vectors/emrtd/vn_cccd/b_bp384_named_2024/csca.cer\n  \
        sen card read --reader ACR122 --can 067891 --csca ./csca/ --save ./reading\n  \
        sen card read --reader ACR122 --can 067891 --csca ./csca/ --evidence reading.cose --nonce 6f1c...")]
    Read(ReadArgs),
    /// Prove a saved reading or a signed record of one
    #[command(after_help = "Examples:\n  \
        sen card verify tests/vectors/emrtd/vn_cccd/b_bp384_named_2024 \\\n      \
        --csca tests/vectors/emrtd/vn_cccd/b_bp384_named_2024/csca.cer --at 2025-06-01T00:00:00Z\n  \
        sen card verify reading.cose --csca ./csca/ --signer desk.pub --nonce 6f1c...")]
    Verify(VerifyArgs),
    /// Read a card for another phone, which shows a code because it cannot: the reading goes to it, sealed, and is not kept here
    #[command(after_help = "Examples:\n  sen card lend code.png --reader ACR122 --can 067891\n  \
        sen card lend code.png --reader ACR122 --can 067891 \\\n      \
        --provider https://127.0.0.1:8443 --roots nation/ca.pem     without an account here")]
    Lend(LendArgs),
    /// Put a card folder into the virtual PC/SC reader (vsmartcard-vpcd) until Ctrl-C; it is read again at each reset
    #[command(after_help = "Example:\n  sen card serve tests/vectors/emrtd/vn_cccd/b_bp384_named_2024\n  \
        sen card read --reader 'Virtual PCD 00 00' --can 067891 --csca .../csca.cer   # elsewhere")]
    Serve {
        /// Card folder: EF files, and the chip's keys in DIR/keys
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Where vpcd listens
        #[arg(long, default_value = "127.0.0.1:35963", value_name = "HOST:PORT")]
        vpcd: String,
    },
}

//! The words of `sen account`.
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ChipArgs;

/// Whose account: given once, remembered afterwards.
#[derive(Args, Debug)]
pub(crate) struct ProviderArgs {
    /// The identity provider's address
    #[arg(long, value_name = "URL")]
    pub(crate) provider: Option<String>,
    /// The roots to believe for it (PEM); there is no default root
    #[arg(long, value_name = "PEM")]
    pub(crate) roots: Option<PathBuf>,
}

/// Who the account is for, and what to call this device in it.
#[derive(Args, Debug)]
pub(crate) struct ApplicantArgs {
    /// Twelve-digit personal number
    #[arg(long, value_name = "N")]
    pub(crate) number: String,
    /// Phone number registered to the person
    #[arg(long, value_name = "N")]
    pub(crate) phone: String,
    /// What to call this device in the account
    #[arg(long, default_value = "computer")]
    pub(crate) device: String,
}

/// A card in reach, and the face of its holder.
#[derive(Args, Debug)]
pub(crate) struct ProofArgs {
    #[command(flatten)]
    pub(crate) chip: ChipArgs,
    /// Card access number
    #[arg(long, value_name = "N")]
    pub(crate) can: String,
    /// Picture of the person for the face service (the sandbox accepts any)
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,
}

/// A card in reach of this device, or of another one.
#[derive(Args, Debug)]
pub(crate) struct StepUpArgs {
    /// A PC/SC reader, by (part of) its name
    #[arg(long, value_name = "NAME", conflicts_with = "simulate")]
    pub(crate) reader: Option<String>,
    /// A card folder, served by the chip simulator in this process
    #[arg(long, value_name = "DIR")]
    pub(crate) simulate: Option<PathBuf>,
    /// Card access number
    #[arg(long, value_name = "N", required_unless_present = "other_phone")]
    pub(crate) can: Option<String>,
    /// Picture of the person for the face service (the sandbox accepts any)
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,
    /// This device cannot read the card: show a code for one that can, and wait
    #[arg(long, conflicts_with_all = ["reader", "simulate", "can"])]
    pub(crate) other_phone: bool,
    /// Print the digits of the code instead of drawing
    #[arg(long, requires = "other_phone")]
    pub(crate) text: bool,
    /// Write the picture of the code to FILE
    #[arg(long, value_name = "FILE", requires = "other_phone")]
    pub(crate) png: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum AccountCommand {
    /// Ask for an account; a one-time code is sent to the registered phone
    #[command(
        after_help = "Example:\n  sen account open --provider https://127.0.0.1:8443 --roots nation/ca.pem \\\n      \
        --number 000204067891 --phone 0900000002"
    )]
    Open {
        #[command(flatten)]
        provider: ProviderArgs,
        #[command(flatten)]
        who: ApplicantArgs,
    },
    /// Activate with the one-time code: the account is at level 1 afterwards
    #[command(after_help = "Example:\n  sen account activate --code 123456")]
    Activate {
        /// The six digits
        #[arg(long, value_name = "C")]
        code: String,
    },
    /// Step up to level 2: the chip answers the provider's challenge, and the face is compared
    #[command(after_help = "Examples:\n  sen account verify --can 067891 \\\n      \
        --simulate tests/vectors/emrtd/vn_cccd/b_bp384_named_2024\n  \
        sen account verify --other-phone     another phone reads the card: sen card lend")]
    Verify(StepUpArgs),
    /// What the provider knows of this account; on a new phone that waits, take over when the time is there
    #[command(
        after_help = "Examples:\n  sen account show\n  sen account show --remembered     without the network"
    )]
    Show {
        /// What this device last heard, without asking
        #[arg(long)]
        remembered: bool,
    },
    /// Lock the account at once (lost phone, doubt)
    #[command(after_help = "Example:\n  sen account lock")]
    Lock,
    /// Take back your own lock
    #[command(after_help = "Example:\n  sen account unlock")]
    Unlock,
    /// The devices of the account, and what waits for its time
    #[command(
        after_help = "Examples:\n  sen account devices --json\n  sen account devices --cancel     a new phone or PIN that you did not ask for"
    )]
    Devices {
        /// Cancel what waits: a new phone, or a new PIN
        #[arg(long)]
        cancel: bool,
    },
    /// Move the account to another device
    #[command(
        subcommand,
        after_help = "Examples:\n  sen account transfer receive --help      on the new device\n  sen account transfer to code.png         on the old one"
    )]
    Transfer(TransferCommand),
    /// The PIN, which only the provider can check; typed, or read from standard input
    #[command(subcommand, after_help = "Example:\n  sen account pin set")]
    Pin(PinCommand),
    /// Make a revocation code: it ends a lost phone from any computer. It is shown once: write it down
    #[command(after_help = "Example:\n  sen account revocation-code")]
    RevocationCode,
    /// Persons in your care
    #[command(subcommand, after_help = "Example:\n  sen account wards list")]
    Wards(WardsCommand),
    /// End the account, for good, and empty this wallet
    #[command(after_help = "Example:\n  sen account close --yes")]
    Close {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum TransferCommand {
    /// To this device, without the old one: card and face. It takes over after a waiting time
    #[command(
        after_help = "Example:\n  sen account transfer new-phone --provider https://127.0.0.1:8443 --roots nation/ca.pem \\\n      \
        --number 000204067891 --phone 0900000002 --can 067891 \\\n      \
        --simulate tests/vectors/emrtd/vn_cccd/b_bp384_named_2024\n  sen account show     says how long to wait, and takes over"
    )]
    NewPhone {
        #[command(flatten)]
        provider: ProviderArgs,
        #[command(flatten)]
        who: ApplicantArgs,
        #[command(flatten)]
        proof: ProofArgs,
    },
    /// To this device, from the old one: show a code for it, and wait
    #[command(
        after_help = "Examples:\n  sen account transfer receive --provider https://127.0.0.1:8443 --roots nation/ca.pem\n  \
        sen account transfer receive ... --text --once     the digits; the same again takes the account\n\n\
        Stopped at any moment, the same command goes on."
    )]
    Receive {
        #[command(flatten)]
        provider: ProviderArgs,
        /// What to call this device in the account
        #[arg(long, default_value = "computer")]
        device: String,
        /// Print the digits instead of drawing
        #[arg(long)]
        text: bool,
        /// Write the picture to FILE
        #[arg(long, value_name = "FILE")]
        png: Option<PathBuf>,
        /// Do not wait
        #[arg(long)]
        once: bool,
    },
    /// From this device to the one that shows a code; the PIN is asked for. This device is emptied when it is done
    #[command(
        after_help = "Examples:\n  sen account transfer to code.png\n  sen account transfer to 7363... --yes < pin.txt"
    )]
    To {
        /// The code of the new device: its digits, a PNG or JPEG picture of it, or `-` for digits on standard input
        #[arg(value_name = "TEXT|FILE")]
        code: String,
        /// The six check digits are the same on both: do not ask
        #[arg(long)]
        yes: bool,
        /// Do not wait until the new device has taken it
        #[arg(long)]
        once: bool,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum PinCommand {
    /// Set the first PIN, or a new one after recovery
    #[command(after_help = "Examples:\n  sen account pin set\n  sen account pin set < pin.txt")]
    Set,
    /// Change it: the old one and then the new one, a line each
    #[command(after_help = "Example:\n  sen account pin change")]
    Change,
    /// Have the provider check it
    #[command(after_help = "Example:\n  sen account pin check")]
    Check,
    /// Free a forgotten PIN with card and face; a new one can be set after a waiting time
    #[command(after_help = "Example:\n  sen account pin recover --can 067891 \\\n      \
        --simulate tests/vectors/emrtd/vn_cccd/b_bp384_named_2024")]
    Recover(ProofArgs),
}

#[derive(Subcommand, Debug)]
pub(crate) enum WardsCommand {
    /// Those in your care, and how their accounts stand
    #[command(after_help = "Example:\n  sen account wards list --json")]
    List,
    /// Consent to an account that was opened for one of them
    #[command(after_help = "Example:\n  sen account wards consent 000224000001")]
    Consent {
        /// Personal number
        number: String,
    },
    /// Refuse it: it ends
    #[command(after_help = "Example:\n  sen account wards refuse 000224000001")]
    Refuse {
        /// Personal number
        number: String,
    },
    /// Lock it
    #[command(after_help = "Example:\n  sen account wards lock 000224000001")]
    Lock {
        /// Personal number
        number: String,
    },
    /// Take back the guardian's lock
    #[command(after_help = "Example:\n  sen account wards unlock 000224000001")]
    Unlock {
        /// Personal number
        number: String,
    },
}

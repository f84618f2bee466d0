//! The words of the command line. What each command does stands in the module of the same name.
mod account;
mod card;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use account::{
    AccountCommand, ApplicantArgs, PinCommand, ProofArgs, ProviderArgs, StepUpArgs, TransferCommand,
    WardsCommand,
};
pub(crate) use card::{AccessArgs, CardCommand, ChipArgs, LendArgs, ReadArgs, VerifyArgs};

/// Sen: an identity wallet, a chip card reader and a clinic desk on a computer.
#[derive(Parser, Debug)]
#[command(
    name = "sen",
    version,
    about,
    max_term_width = 110,
    arg_required_else_help = true,
    after_help = "Start here:\n  sen demo          the whole journey on an embedded sandbox, in a second or two\n\n\
    The wallet lives in $SEN_HOME (default: the data folder of this platform). Exit status: 0 success,\n\
    1 a clear negative answer, 2 wrong use or broken input, 3 something could not be reached."
)]
pub(crate) struct Cli {
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The main job in one process: card, account at level 2, credentials, QR, clinic verdict
    #[command(after_help = "Example:\n  sen demo --json | jq .clinic.verdict")]
    Demo {
        /// Keep the sandbox running afterwards, start a clinic desk beside it, and print their addresses
        #[arg(long)]
        serve: bool,
    },
    /// The nation in a box: register, identity provider, issuer, status service, a portal, a bank
    #[command(subcommand, after_help = "Example:\n  sen sandbox serve --data ./nation")]
    Sandbox(SandboxCommand),
    /// Chip cards: read one, prove a saved reading, put one into the virtual reader
    #[command(
        subcommand,
        after_help = "Example:\n  sen card read --reader ACR122 --can 067891 --csca ./csca/"
    )]
    Card(CardCommand),
    /// The electronic identity account
    #[command(
        subcommand,
        after_help = "Examples, from nothing to level 2:\n  \
        sen account open --provider https://127.0.0.1:8443 --roots nation/ca.pem --number N --phone N\n  \
        sen account activate --code CODE\n  sen account verify --reader ACR122 --can 067891"
    )]
    Account(AccountCommand),
    /// Credentials in this wallet
    #[command(
        subcommand,
        after_help = "Examples:\n  sen credential obtain health-insurance\n  sen credential list"
    )]
    Credential(CredentialCommand),
    /// Show a credential to somebody
    #[command(
        subcommand,
        after_help = "Examples:\n  sen present qr\n  sen present online 'openid4vp://?...'"
    )]
    Present(PresentCommand),
    /// Every use and refusal, newest first
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  sen history --limit 20\n  sen history --recipients\n  sen history --export history.jsonl\n  \
        sen history report --entry 12 \"I was not there\""
    )]
    History(HistoryOptions),
    /// The clinic desk
    #[command(
        subcommand,
        after_help = "Examples:\n  sen clinic check code.png --trust nation/trust --status nation/status\n  \
        sen clinic serve --trust nation/trust --status nation/status"
    )]
    Clinic(ClinicCommand),
}

#[derive(Args, Debug)]
pub(crate) struct HistoryOptions {
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,
    /// How many entries
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: u32,
    /// Only entries before this number: the next page
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<u64>,
    /// Who received what, all entries taken together
    #[arg(long, conflicts_with_all = ["limit", "before", "export"])]
    pub(crate) recipients: bool,
    /// Write the whole history to FILE, one JSON object a line, oldest first, each with its place in the chain
    #[arg(long, value_name = "FILE", conflicts_with_all = ["limit", "before"])]
    pub(crate) export: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum HistoryCommand {
    /// Note what you take for fraud, for the authority: nothing is sent, `sen history --export` is what to take there
    #[command(after_help = "Examples:\n  sen history report --entry 12 \"I was not there\"\n  \
        sen history report --who \"a caller\" \"asked for my PIN\"")]
    Report {
        /// What happened
        words: String,
        /// The number of the entry that it is about
        #[arg(long, value_name = "NUMBER", required_unless_present = "who", conflicts_with = "who")]
        entry: Option<u64>,
        /// Who it was, where the history has no entry of it
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum SandboxCommand {
    /// Serve the sandbox until Ctrl-C, kept in DIR
    #[command(after_help = "Examples:\n  sen sandbox serve --data ./nation\n  \
        sen sandbox serve --data ./nation --population 1000000 --database postgres://sen:PASSWORD@127.0.0.1/nation\n\n\
        Then, in another terminal:\n  \
        sen account open --provider https://127.0.0.1:8443 --roots ./nation/ca.pem \\\n      \
        --number 000204067891 --phone 0900000002\n\n\
        Exit status: 0 after Ctrl-C, 2 wrong use or a folder of another version, 3 port or database out of reach")]
    Serve {
        /// Address to listen on (loopback unless you say otherwise)
        #[arg(long, default_value = "127.0.0.1:8443", value_name = "ADDRESS")]
        listen: SocketAddr,
        /// Folder for the register, keys and certificates; made when absent (default: `sandbox` in $SEN_HOME)
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Keep registers and accounts in this PostgreSQL database, for load: postgres://USER:PASSWORD@127.0.0.1/NAME.
        /// Keys, certificates and lists stay in DIR
        #[arg(long, value_name = "URL", env = "SEN_SANDBOX_DATABASE", hide_env_values = true)]
        database: Option<String>,
        /// How many invented persons a new nation has beside those of the test cards
        #[arg(long, default_value_t = 100, value_name = "N",
            value_parser = clap::value_parser!(u32).range(0..=i64::from(sandbox::MOST_PERSONS)))]
        population: u32,
        /// CSCA certificates to believe for cards: a certificate, a master list, a revocation list, or a folder of them
        #[arg(long, num_args = 1.., value_name = "PATH")]
        csca: Vec<PathBuf>,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum CredentialCommand {
    /// The credentials in this wallet, with their validity
    #[command(after_help = "Example:\n  sen credential list --json")]
    List,
    /// Obtain a credential by name or from an OpenID4VCI offer
    #[command(
        after_help = "Examples:\n  sen credential obtain citizen\n  sen credential obtain health-insurance\n  \
        sen credential obtain 'openid-credential-offer://?credential_offer=...'\n  \
        sen credential obtain citizen_mdoc\n  \
        sen credential obtain 'openid-credential-offer://?...' --roots tls.pem --issuers issuers.pem --code 123456"
    )]
    Obtain(ObtainArgs),
    /// Fetch anew what is due, credentials and documents, and say of each what came of it
    ///
    /// A failure of one does not stop the others; the exit status is that of the first failure. What can be had by a new offer alone is
    /// told and left as it is.
    #[command(
        after_help = "Examples:\n  sen credential refresh\n  sen credential refresh --all      also what is not due yet\n  \
        sen credential refresh ID         one, from `sen credential list`"
    )]
    Refresh {
        /// A credential or document, from `sen credential list`
        // An identifier may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        id: Option<String>,
        /// Also what is not due yet
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Delete a credential and its key, or await a document no more
    #[command(
        after_help = "Example:\n  sen credential delete ID --yes      ID as `sen credential list` shows it"
    )]
    Delete {
        /// Its identifier, from `sen credential list`
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum PresentCommand {
    /// The rotating clinic QR, or the answer to a desk's question: in the terminal, as a picture, or as digits
    #[command(
        after_help = "Examples:\n  sen present qr                      a new code every ten seconds, until Ctrl-C\n  \
        sen present qr --once --png code.png\n  sen present qr --text --once | sen clinic check - --trust nation/trust --status nation/status\n  \
        sen present qr --challenge screen.png --yes     answers the code on a desk's screen\n  \
        sen present qr --animated                       with the portrait, for a camera\n  \
        sen present qr --level 4                        for a desk that demands it: PIN and face, good for five minutes"
    )]
    Qr(QrArgs),
    /// Answers a portal, bank or cash machine that asks by a link or QR, after showing who asks, for what and why
    #[command(
        after_help = "Examples:\n  sen present online 'openid4vp://?client_id=...&request_uri=...'\n  \
        sen present online 'openid4vp://?...' --use 2          the second of those that would do\n  \
        sen present online 'openid4vp://?...' --roots tls.pem --verifiers verifiers.pem     somebody of elsewhere"
    )]
    Online(OnlineArgs),
}

/// What to obtain, and whom to believe.
#[derive(Args, Debug)]
pub(crate) struct ObtainArgs {
    /// `citizen`, `health-insurance`, another document of the account's provider, or an offer URI
    #[arg(value_name = "NAME|URI")]
    pub(crate) what: String,
    /// The code that the issuer sent beside the offer, where it asks for one
    #[arg(long, value_name = "C")]
    pub(crate) code: Option<String>,
    /// For a minor in your care, by personal number
    #[arg(long = "for", value_name = "NUMBER")]
    pub(crate) ward: Option<String>,
    /// For an issuer other than the account's provider: the roots of its TLS servers
    #[arg(long, value_name = "PEM")]
    pub(crate) roots: Option<PathBuf>,
    /// For mdoc and SD-JWT VC of issuers that the nation's trust list does not name: the roots of those who sign them
    #[arg(long, value_name = "PEM", conflicts_with = "ward")]
    pub(crate) issuers: Option<PathBuf>,
    /// Where you have to agree in a browser, open it
    #[arg(long)]
    pub(crate) open: bool,
    /// Seconds to wait for the browser
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) wait: u64,
}

/// Which request, and whom to believe.
#[derive(Args, Debug)]
pub(crate) struct OnlineArgs {
    /// The link, or the text of the QR
    #[arg(value_name = "URI")]
    pub(crate) uri: String,
    /// The roots to believe for servers (PEM); without them those of the account's provider
    #[arg(long, value_name = "PEM")]
    pub(crate) roots: Option<PathBuf>,
    /// Authorities that vouch for those who ask (PEM), beside those of the nation's trust list
    #[arg(long, value_name = "PEM")]
    pub(crate) verifiers: Option<PathBuf>,
    /// Authorities that register what they may ask for (PEM), beside those of the nation's trust list
    #[arg(long, value_name = "PEM")]
    pub(crate) registrars: Option<PathBuf>,
    /// The two digits that the other screen shows; `-` reads them from standard input once it shows them
    #[arg(long, value_name = "NN", allow_hyphen_values = true)]
    pub(crate) number: Option<String>,
    /// Where several documents would do, this one: its number in the list, its identifier or its type
    #[arg(long = "use", value_name = "NAME|N")]
    pub(crate) picks: Vec<String>,
    /// Read also a request that nobody signed
    #[arg(long)]
    pub(crate) unsigned: bool,
    /// Agree without being asked
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What is shown, to whom, and how.
#[derive(Args, Debug)]
pub(crate) struct QrArgs {
    /// Answer a desk's question: the digits of its code, a PNG or JPEG picture of it, or `-` for digits on standard input
    #[arg(long, value_name = "TEXT|FILE")]
    pub(crate) challenge: Option<String>,
    /// `health-insurance` or `citizen`
    #[arg(long, value_name = "NAME", default_value = "health-insurance")]
    pub(crate) credential: String,
    /// The credential of a minor in your care, by personal number
    #[arg(long = "for", value_name = "NUMBER")]
    pub(crate) ward: Option<String>,
    /// Write the picture to FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// Write the picture to FILE, as vectors
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Print the digits instead of drawing
    #[arg(long)]
    pub(crate) text: bool,
    /// One code, then stop
    #[arg(long)]
    pub(crate) once: bool,
    /// With the portrait, in a few codes one after the other for a camera; written to DIR as PNG where it is given
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) animated: Option<PathBuf>,
    /// At authentication level N, 2 to 4, as the provider states it for five minutes: asks for the PIN, from 3 on also for a picture
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=4))]
    pub(crate) level: Option<u8>,
    /// Picture of the person for the face service (the sandbox accepts any)
    #[arg(long, value_name = "FILE", requires = "level")]
    pub(crate) capture: Option<PathBuf>,
    /// Agree without being asked
    #[arg(long)]
    pub(crate) yes: bool,
    /// The guardian of the minor whose credential it is, is there and agrees
    #[arg(long)]
    pub(crate) guardian: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ClinicCommand {
    /// Verdict on one scanned text, or on a picture of a QR: offline
    #[command(
        after_help = "Examples:\n  sen clinic check code.png --trust nation/trust --status nation/status --seen seen.db\n  \
        sen present qr --text --once | sen clinic check - --trust nation/trust"
    )]
    Check {
        /// File with the scanned text or a PNG or JPEG picture; `-` reads the text from standard input
        #[arg(value_name = "FILE", default_value = "-")]
        scanned: PathBuf,
        /// Trust folder: root.pub and trust-list.cwt
        #[arg(long, value_name = "PATH")]
        trust: PathBuf,
        /// Folder of status list tokens; without it the status is unknown
        #[arg(long, value_name = "DIR")]
        status: Option<PathBuf>,
        /// Seen-list file, made when absent; without it replays are not noticed
        #[arg(long, value_name = "FILE")]
        seen: Option<PathBuf>,
        /// The counter's name: of two that share a seen-list, the second to see a card is warned
        #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
        desk: String,
        /// The time of the check (RFC 3339); now when absent
        #[arg(long, value_name = "T")]
        at: Option<String>,
    },
    /// Give this desk a name that phones believe: a key is made, and a register of clinics signs it
    #[command(
        after_help = "Example:\n  sen clinic enrol --desk ./counter-1 --name 'Phòng khám Mẫu, quầy 1' \\\n      \
        --register https://127.0.0.1:8443/sandbox/desk --roots nation/ca.pem"
    )]
    Enrol(EnrolArgs),
    /// Two-way mode: show a question that only one answer fits, scan it, decide
    #[command(
        after_help = "Example:\n  sen clinic ask --desk ./counter-1 --trust nation/trust --status nation/status --png screen.png\n  \
        sen present qr --challenge screen.png --yes --text     # on the phone; scan or type its digits"
    )]
    Ask(AskArgs),
    /// The clinic desk: page, API, seen-list, queue
    #[command(after_help = "Examples:\n  sen clinic serve --trust nation/trust --status nation/status\n  \
        sen clinic serve --trust nation/trust --status nation/status --refresh https://127.0.0.1:8443 --roots nation/ca.pem\n\n\
        The first start makes a password and prints it once; `sen clinic password` sets another.")]
    Serve(Box<DeskArgs>),
    /// Set a new password for the desk: everybody must log in again
    #[command(
        after_help = "Examples:\n  sen clinic password\n  sen clinic password --from-stdin < password.txt"
    )]
    Password {
        #[command(flatten)]
        place: PlaceArgs,
        /// Read the password from standard input; without this one is made and printed
        #[arg(long)]
        from_stdin: bool,
    },
}

/// What a desk is called, and by whom.
#[derive(Args, Debug)]
pub(crate) struct EnrolArgs {
    /// The desk's folder, made when absent: its key and certificate
    #[arg(long, value_name = "DIR")]
    pub(crate) desk: PathBuf,
    /// Clinic and counter, as phones will show it: at most 64 bytes
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// Where the register of clinics takes keys
    #[arg(long, value_name = "URL")]
    pub(crate) register: String,
    /// The roots to believe for it (PEM)
    #[arg(long, value_name = "PEM")]
    pub(crate) roots: PathBuf,
}

/// A question, and what its answer is judged with.
#[derive(Args, Debug)]
pub(crate) struct AskArgs {
    /// The desk's folder, from `sen clinic enrol`
    #[arg(long, value_name = "DIR")]
    pub(crate) desk: PathBuf,
    /// Trust folder: root.pub and trust-list.cwt
    #[arg(long, value_name = "PATH")]
    pub(crate) trust: PathBuf,
    /// Folder of status list tokens; without it the status is unknown
    #[arg(long, value_name = "DIR")]
    pub(crate) status: Option<PathBuf>,
    /// Seen-list file, made when absent; without it replays are not noticed
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Option<PathBuf>,
    /// The answer must be encrypted, so that nobody else can read it
    #[arg(long)]
    pub(crate) encrypted: bool,
    /// What the card is needed for, as the phone shows it: at most 64 bytes, none where empty
    #[arg(long, value_name = "TEXT", default_value = verifier::MEDICAL_CARE)]
    pub(crate) purpose: String,
    /// Claims that the answer must hold, by number, such as 1,4,8; without it all that the desk may ask for
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) claims: Vec<i64>,
    /// The lowest authentication level that will do, 1 to 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) level: Option<u8>,
    /// Write the question's code to FILE instead of drawing it
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// Write the question's digits to FILE instead of drawing it
    #[arg(long, value_name = "FILE")]
    pub(crate) text: Option<PathBuf>,
}

/// Where a desk's data lie.
#[derive(Args, Debug)]
pub(crate) struct PlaceArgs {
    /// Folder of the desk's data (default: `clinic` in $SEN_HOME)
    #[arg(long, value_name = "DIR", conflicts_with = "database")]
    pub(crate) data: Option<PathBuf>,
    /// A PostgreSQL database that several desks share: postgres://USER:PASSWORD@127.0.0.1/NAME
    #[arg(long, value_name = "URL", env = "SEN_CLINIC_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
}

/// A desk: where it listens, what it believes, what it keeps.
#[derive(Args, Debug)]
pub(crate) struct DeskArgs {
    /// Address to listen on; port 0 takes a free one. Other machines reach 127.0.0.1 through a tunnel or a proxy with TLS
    #[arg(long, default_value = "127.0.0.1:7360", value_name = "A")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Trust folder: root.pub and trust-list.cwt
    #[arg(long, value_name = "PATH")]
    pub(crate) trust: PathBuf,
    /// Folder of status list tokens; without it the status is unknown
    #[arg(long, value_name = "DIR")]
    pub(crate) status: Option<PathBuf>,
    /// What bindings/web/build made: the verifier for browsers
    #[arg(long, value_name = "DIR")]
    pub(crate) web: Option<PathBuf>,
    /// The folder of `sen clinic enrol`, for two-way mode
    #[arg(long, value_name = "DIR")]
    pub(crate) identity: Option<PathBuf>,
    /// Take nothing but answers to the desk's own questions: a code for any clinic may have been relayed
    #[arg(long, requires = "identity")]
    pub(crate) challenged_only: bool,
    /// The lowest authentication level, attested or stated by the provider, that will do, 1 to 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) level: Option<u8>,
    /// The counter's name where a clerk gives none
    #[arg(long, default_value = "Quầy 1", value_name = "NAME")]
    pub(crate) desk: String,
    /// The facility's code
    #[arg(long, value_name = "CODE")]
    pub(crate) facility: Option<String>,
    /// Days for which checks and queue are kept
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) keep_days: u32,
    /// Keep both folders up to date from this provider; root.pub in the trust folder is enough to begin with
    #[arg(long, value_name = "URL", requires = "status", requires = "roots")]
    pub(crate) refresh: Option<String>,
    /// The roots to believe for the provider (PEM)
    #[arg(long, value_name = "PEM")]
    pub(crate) roots: Option<PathBuf>,
    /// Ask the national insurance portal at this address whether a card is good today
    #[arg(long, value_name = "URL", requires = "lookup_account", requires = "lookup_roots")]
    pub(crate) lookup: Option<String>,
    /// The account at the portal, JSON: {"user", "password", "staff_name", "staff_number"}; see docs/hospital-software.md
    #[arg(long, value_name = "FILE")]
    pub(crate) lookup_account: Option<PathBuf>,
    /// The roots to believe for the portal (PEM)
    #[arg(long, value_name = "PEM")]
    pub(crate) lookup_roots: Option<PathBuf>,
}

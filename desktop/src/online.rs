//! `sen present online URI`: answers a portal, bank or cash machine after showing who asks, for what and why.
mod pick;

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use holder::{
    Answered, Choice, NationalAnchors, OnlineConsent, OnlineError, OnlineRequest, OnlineTrust, Recognised,
    Wallet,
};
use presentation::openid4vp::{Requester, Transaction, Unsigned};
use serde_json::{Value, json};
use trust::certificates::CertificateAnchors;

use crate::cli::OnlineArgs;
use crate::consent::typed_yes;
use crate::home;
use crate::output::{Failure, print_json, say};
use crate::wallet::{block_on, failure, open};

pub(crate) fn run(args: &OnlineArgs, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    let roots = match &args.roots {
        Some(file) => home::read_file(file)?,
        None => wallet.account().provider().map_err(failure)?.roots_pem,
    };
    let named = named(&wallet, args)?;
    let given = |file: &Option<PathBuf>| file.as_deref().map_or(Ok(CertificateAnchors::default()), anchors);
    let verifiers = named.verifiers.and(given(&args.verifiers)?);
    let registrars = named.registrars.and(given(&args.registrars)?);
    let unsigned = if args.unsigned { Unsigned::NamesNobody } else { Unsigned::Refused };
    let trust = OnlineTrust { roots: &roots, verifiers: &verifiers, registrars: &registrars, unsigned };
    let request = block_on(wallet.read_request(&args.uri, &trust, home::now()))?.map_err(failure)?;
    let request = pick::run(request, args, as_json)?;
    for line in in_words(&request) {
        say(line);
    }
    let told = summary(&request);
    match ask(request, args, as_json)? {
        Verdict::Agreed(consent) => {
            let answered =
                block_on(wallet.answer_request(&consent, &trust, home::now()))?.map_err(failure)?;
            report(told, &answered, as_json);
            Ok(0)
        }
        Verdict::Declined(request, error) => decline(&wallet, &request, &trust, error),
    }
}

/// Whom the nation's trust list names. Where the person names whom to believe, that will do without it.
fn named(wallet: &Wallet, args: &OnlineArgs) -> Result<NationalAnchors, Failure> {
    match block_on(wallet.account().national_anchors(home::now()))? {
        Ok(named) => Ok(named),
        Err(error) if args.verifiers.is_some() => {
            if error.code() != "account.no_account" {
                say(format_args!("nobody of the nation is believed now: {error}"));
            }
            Ok(NationalAnchors::default())
        }
        Err(error) => Err(failure(error)),
    }
}

enum Verdict {
    Agreed(Box<OnlineConsent>),
    Declined(Box<OnlineRequest>, Failure),
}

/// Asks the person. A computer's software key recognises nobody: level 1.
fn ask(request: OnlineRequest, args: &OnlineArgs, as_json: bool) -> Result<Verdict, Failure> {
    if let Some(error) = request.unanswerable() {
        let why = match error {
            OnlineError::NoApprovalKey => {
                "these documents were obtained without a key that approves: obtain them again with \
                 `sen credential obtain NAME`; the request was declined"
            }
            _ => "no issuer lets the keys of these documents approve this; the request was declined",
        };
        let unanswerable = Failure::negative(holder::Error::from(error).code(), why);
        return Ok(Verdict::Declined(Box::new(request), unanswerable));
    }
    if request.choices().is_empty() {
        let nothing = Failure::negative(
            "online.nothing_to_show",
            "the wallet holds nothing that answers; the request was declined",
        );
        return Ok(Verdict::Declined(Box::new(request), nothing));
    }
    let at_hand = !as_json && std::io::stdin().is_terminal();
    let number = match args.number.as_deref() {
        // The other screen chooses them once this wallet has connected: nobody can give them beforehand.
        Some("-") => {
            say("reading the two digits of the other screen from standard input ...");
            Some(read_line())
        }
        None if request.needs_number() && at_hand => Some(typed_line("The two digits of the other screen: ")),
        given => given.map(str::to_owned),
    };
    let agreed = args.yes || (at_hand && typed_yes("Show this?"));
    if !agreed {
        let declined = Failure::negative("declined", "nothing was shown: say --yes, or answer yes");
        return Ok(Verdict::Declined(Box::new(request), declined));
    }
    let consent = request.grant(Recognised::ByDevice, number.as_deref(), home::now()).map_err(failure)?;
    Ok(Verdict::Agreed(Box::new(consent)))
}

fn decline(
    wallet: &Wallet,
    request: &OnlineRequest,
    trust: &OnlineTrust<'_>,
    why: Failure,
) -> Result<u8, Failure> {
    // Where the verifier cannot be told, the person's no stands all the same.
    if let Err(error) = block_on(wallet.decline_request(request, trust, home::now()))? {
        say(format_args!("the verifier could not be told: {error}"));
    }
    Err(why)
}

fn report(mut told: Value, answered: &Answered, as_json: bool) {
    if as_json {
        if let Some(members) = told.as_object_mut() {
            members.insert("redirect_uri".to_owned(), json!(answered.redirect_uri));
        }
        print_json(&told);
        return;
    }
    match &answered.redirect_uri {
        Some(address) => println!("Shown. Go on in the browser:\n  {address}"),
        None => println!("Shown. Go on where you were asked."),
    }
}

/// The whole request for people: nothing of it is signed unseen.
fn in_words(request: &OnlineRequest) -> Vec<String> {
    let mut lines = Vec::new();
    match request.requester() {
        Requester::Certified { subject, dns_names, vouched_by, .. } => {
            lines.push(format!("asked by {subject}"));
            if !dns_names.is_empty() {
                lines.push(format!("at {}", dns_names.join(", ")));
            }
            lines.push(format!("certificate from {vouched_by}"));
        }
        Requester::Unproven { host } => {
            lines.push(format!("WARNING: nobody vouches for who asks; the answer goes to {host}"));
        }
    }
    match request.request().registration() {
        Some(registration) => {
            lines.push(format!("registered as {} by {}", registration.name(), registration.registrar()));
            lines.push(format!("for: {}", registration.purpose()));
        }
        None => lines.push("WARNING: not registered for what is asked".to_owned()),
    }
    for choice in request.choices() {
        let claims: Vec<String> = choice.claims.iter().map(ToString::to_string).collect();
        let optional = if choice.optional { " (not required)" } else { "" };
        let approves = if choice.approves { ", approves what is below" } else { "" };
        lines.push(format!(
            "from {}, issued by {}{optional}{approves}: {}",
            choice.kind,
            choice.issuer,
            claims.join(", ")
        ));
        if !choice.over_asked.is_empty() && request.request().registration().is_some() {
            let over: Vec<String> = choice.over_asked.iter().map(ToString::to_string).collect();
            lines.push(format!("WARNING: may not ask for: {}", over.join(", ")));
        }
    }
    match request.transaction() {
        Some(Transaction::CashWithdrawal { bank, terminal, place, amount }) => {
            lines.push(format!("TO APPROVE: {amount} VND in cash from {bank}, machine {terminal}, {place}"));
        }
        Some(Transaction::SignIn { service, origin, .. }) => {
            lines.push(format!("TO APPROVE: sign in at {service}, {origin}"));
        }
        None => {}
    }
    if request.encrypted() {
        lines.push("encrypted: nobody but the verifier can read the answer".to_owned());
    }
    lines
}

fn other(choice: &Choice) -> Value {
    json!({"id": choice.document, "type": choice.kind, "issuer": choice.issuer})
}

/// The same for machines.
fn summary(request: &OnlineRequest) -> Value {
    let choices: Vec<Value> = request
        .choices()
        .iter()
        .map(|choice| {
            let texts = |claims: &[presentation::dcql::Pointer]| -> Vec<String> {
                claims.iter().map(ToString::to_string).collect()
            };
            let others: Vec<Value> = request.alternatives(&choice.query).map(other).collect();
            json!({"id": choice.document, "type": choice.kind, "issuer": choice.issuer, "optional": choice.optional,
                "approves": choice.approves, "claims": texts(&choice.claims),
                "over_asked": texts(&choice.over_asked), "alternatives": others})
        })
        .collect();
    let by = match request.requester() {
        Requester::Certified { subject, .. } => json!(subject),
        Requester::Unproven { .. } => Value::Null,
    };
    json!({"to": request.request().client_id().as_str(), "by": by, "purpose": request.purpose(),
        "shown": choices, "approved": request.transaction().is_some(), "encrypted": request.encrypted()})
}

fn anchors(file: &std::path::Path) -> Result<CertificateAnchors, Failure> {
    let text = home::read_file(file)?;
    CertificateAnchors::from_pem(&String::from_utf8_lossy(&text))
        .map_err(|error| Failure::input("bad_anchors", format!("{}: {error}", file.display())))
}

pub(super) fn typed_line(question: &str) -> String {
    eprint!("{question}");
    let _ = std::io::stderr().flush();
    read_line()
}

fn read_line() -> String {
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    answer.trim().to_owned()
}

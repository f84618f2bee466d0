//! `sen credential obtain`: of the account's provider by name, or of anybody by an offer.
use holder::{CredentialName, DocumentInfo, Issuers, Wallet, Wanted};
use trust::time::Timestamp;

use super::{browser, documents, show};
use crate::cli::ObtainArgs;
use crate::home;
use crate::output::Failure;
use crate::wallet::{Aloud, block_on, failure};

pub(super) fn run(wallet: &Wallet, args: &ObtainArgs, as_json: bool, now: Timestamp) -> Result<(), Failure> {
    let own = CredentialName::from_text(&args.what).filter(|_| args.issuers.is_none());
    let is_offer = args.what.contains("://");
    if args.ward.is_some() && own.is_none() {
        return Err(unknown(args, "nothing that is kept for another person"));
    }
    let is_of_documents = match own {
        Some(_) => false,
        None if !is_offer || args.issuers.is_some() => true,
        None => {
            let roots = args.roots.as_deref().map(home::read_file).transpose()?;
            block_on(wallet.account().offers_documents(&args.what, roots.as_deref()))?.map_err(failure)?
        }
    };
    if is_of_documents {
        let obtained = of_documents(wallet, args, is_offer, now)?;
        documents::show(&obtained, &wallet.awaited().map_err(failure)?, as_json);
        return Ok(());
    }
    let wanted = own.map_or(Wanted::Offer(&args.what), |name| Wanted::Named(name, args.ward.as_deref()));
    let obtained = wallet.account().obtain_credential(wanted, args.code.as_deref(), &Aloud, now);
    show(wallet, &block_on(obtained)?.map_err(failure)?, as_json, now);
    Ok(())
}

/// Documents in standard formats. Whom to believe says the nation's trust list, where the person names nobody.
fn of_documents(
    wallet: &Wallet,
    args: &ObtainArgs,
    is_offer: bool,
    now: Timestamp,
) -> Result<Vec<DocumentInfo>, Failure> {
    let anchors = args.issuers.as_deref().map(home::read_text).transpose()?;
    if !is_offer {
        let obtained = wallet.account().obtain_document(&args.what, anchors.as_deref(), &Aloud, now);
        return block_on(obtained)?.map_err(|error| match error.code() {
            "account.credential_unknown" => unknown(args, "no document"),
            _ => failure(error),
        });
    }
    let roots = match &args.roots {
        Some(file) => home::read_file(file)?,
        None => wallet.account().provider().map_err(failure)?.roots_pem,
    };
    let issuers = Issuers { roots_pem: &roots, anchors_pem: anchors.as_deref() };
    let offer = block_on(wallet.read_offer(&args.what, issuers))?.map_err(failure)?;
    if offer.in_browser {
        return block_on(browser::obtain(wallet, args, issuers))?;
    }
    let obtained = wallet.obtain_documents(&args.what, issuers, args.code.as_deref(), &Aloud, now);
    block_on(obtained)?.map_err(failure)
}

fn unknown(args: &ObtainArgs, what: &str) -> Failure {
    let message = format!(
        "{:?} is {what} and no offer: citizen, health-insurance, citizen_mdoc, or an offer URI",
        args.what
    );
    Failure::input("credential_unknown", message)
}

//! `sen present qr --level N`: the level that the provider states with PIN and face, asked for anew where it is not at hand.
use std::path::Path;

use holder::{ConsentRequest, FaceCapture, Wallet};

use crate::account::picture_of;
use crate::account::pin::typed;
use crate::home;
use crate::output::{Failure, say};
use crate::wallet::{block_on, failure};

/// Two factors that are not biometric reach this level; above it the face is compared, too.
const WITHOUT_FACE: u8 = 2;
/// What is good for less is not begun with: the person has two minutes to be scanned.
const ENOUGH: i64 = 120;

/// The request at this level.
pub(super) fn stated(
    wallet: &Wallet,
    request: ConsentRequest,
    level: u8,
    capture: Option<&Path>,
) -> Result<ConsentRequest, Failure> {
    // Where what is at hand is good to the end of the consent, nobody is asked again.
    match wallet.at_stated_level(request.clone(), level, home::now().plus_seconds(ENOUGH)) {
        Ok(_) => return wallet.at_stated_level(request, level, home::now()).map_err(failure),
        Err(error) if ["present.level_not_stated", "present.statement_old"].contains(&error.code()) => {}
        Err(error) => return Err(failure(error)),
    }
    let with_face = level > WITHOUT_FACE;
    let by = if with_face { "PIN and face" } else { "PIN" };
    say(format_args!("your provider states level {level} with {by}, good for five minutes"));
    let picture = if with_face { Some(picture_of(capture)?) } else { None };
    let pin = typed("PIN: ")?;
    let face = picture.as_deref().map(FaceCapture);
    let (name, ward) = (request.credential(), request.ward());
    let asked = wallet.account().obtain_level_statement(name, ward, &pin, face, home::now());
    block_on(asked)?.map_err(failure)?;
    wallet.at_stated_level(request, level, home::now()).map_err(failure)
}

//! Level 2 where this device cannot read the card: another one reads it (`sen card lend`).
use std::time::Duration;

use holder::{FaceCapture, Level, Wallet};

use super::picture_of;
use super::shown::Drawn;
use crate::cli::StepUpArgs;
use crate::home;
use crate::output::{Failure, say};
use crate::wallet::{Aloud, block_on, failure};

/// Between two questions to the provider whether the reading is there.
const PAUSE: Duration = Duration::from_secs(2);

/// Shows the code, waits for the reading, and goes on as with a card in reach.
pub(super) fn verify(wallet: &Wallet, wanted: &StepUpArgs, as_json: bool) -> Result<Level, Failure> {
    let (account, picture) = (wallet.account(), picture_of(wanted.capture.as_deref())?);
    let begun = block_on(account.start_step_up(home::now()))?.map_err(failure)?;
    let awaited = block_on(account.borrow_reader(&begun, home::now()))?.map_err(failure)?;
    let drawn = Drawn { text: wanted.text, png: wanted.png.as_deref(), as_json };
    // A machine gets one object, at the end.
    drawn.show(&awaited.text, None)?;
    say(format_args!(
        "both devices show {}; on the other one, within {} s: sen card lend CODE --can N --reader NAME",
        awaited.check_digits, awaited.expires_in
    ));
    let until = home::now().plus_seconds(i64::from(awaited.expires_in));
    while home::now() < until {
        let taken = block_on(account.take_reading(&begun, &awaited, home::now()))?.map_err(failure)?;
        if let Some(reading) = taken {
            say("the reading has come");
            let face = FaceCapture(&picture);
            let level = account.finish_step_up(&begun, &reading, face, &Aloud, home::now());
            return block_on(level)?.map_err(failure);
        }
        std::thread::sleep(PAUSE);
    }
    Err(Failure::negative("account.not_read", "no reading came in time: the same command shows a new code"))
}

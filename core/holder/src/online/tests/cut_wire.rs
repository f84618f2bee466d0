//! The connection breaks at random places of what goes over the wire while a portal asks and the person answers: nothing is half, the
//! history says what may have been seen, and the next try goes through.
use serde_json::json;

use super::numbers::Numbers;
use super::world::{NOW, World, card_query, cash};
use crate::consent::Recognised;
use crate::{Error, Event, Kind};

const WIRE_CUTS: u32 = 50;

/// Reads what is asked, agrees and answers.
async fn present(world: &World) -> Result<(), Error> {
    let request = world.read().await?;
    let number = world.number().unwrap();
    let consent = request.grant(Recognised::ByDevice, Some(&number), NOW)?;
    world.answer(&consent).await.map(drop)
}

/// How often the history says that the card was shown.
fn uses(world: &World) -> usize {
    world.wallet.verify_history().unwrap();
    let history = world.wallet.history(None, 100).unwrap();
    history.iter().filter(|entry| matches!(entry.event, Event::PresentedOnline { .. })).count()
}

/// How often the copy of the card that approves was shown, and no other.
fn shown(world: &World) -> usize {
    let (presenting, approving) = world.shown("card");
    assert_eq!(presenting, 0);
    approving as usize
}

#[tokio::test]
async fn presenting_survives_a_wire_cut_at_random_places() {
    let (mut numbers, mut cut_asking, mut cut_answering) = (Numbers::new(), 0, 0);
    for _ in 0..WIRE_CUTS {
        let world = World::start(json!({"credentials": [card_query(&["name"])]}), Some(cash())).await;
        // One connection for the request and one for the answer; a request object has some 3,000 octets.
        let cut = (numbers.below(2), numbers.below(4_000));
        world.line().cut_wire = Some(cut);
        let answered = present(&world).await;
        let seen = uses(&world);
        assert_eq!(shown(&world), seen, "{cut:?}");
        match answered {
            Ok(()) => assert!(seen == 1 && world.has_accepted(), "{cut:?}"),
            Err(error) => {
                assert_eq!(error.kind(), Kind::NoNetwork, "{cut:?}: {error}");
                // What the portal may have read stands in the history, and nothing that it cannot have.
                assert!(seen == 1 || !world.has_accepted(), "{cut:?}");
                *(if seen == 1 { &mut cut_answering } else { &mut cut_asking }) += 1;
            }
        }
        world.begin_again();
        present(&world).await.unwrap_or_else(|error| panic!("{cut:?}: {error}"));
        assert_eq!((uses(&world), shown(&world)), (seen + 1, seen + 1), "{cut:?}");
        assert!(world.has_accepted(), "{cut:?}");
    }
    assert!(cut_asking > 0 && cut_answering > 0, "{cut_asking} {cut_answering}");
}

//! The simulated chip keeps what a phone's transport promises, at every length of command that a way takes.
#![allow(clippy::unwrap_used)]
#[path = "contract/card_transport.rs"]
mod card_transport;

use std::path::Path;

use card::{CardTransport, TransportError};
use card_transport::CardInField;
use sandbox::chip::{Chip, ChipTransport, FaultPlan};

struct InProcess(ChipTransport);

impl CardTransport for InProcess {
    fn max_command_len(&self) -> usize {
        self.0.max_command_len()
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.transceive(command)
    }
}

impl CardInField for InProcess {
    fn remove(&mut self) {
        let next = self.0.chip().commands() + 1;
        self.0.chip_mut().set_faults(FaultPlan::lose_tag_at(next));
    }
}

#[test]
fn a_chip_in_process_keeps_the_contract_of_the_port() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd/b_bp384_named_2024");
    for length in [261, 319, 2_048, 65_544] {
        card_transport::card_transport(|| {
            let chip = Chip::from_folder(&folder).unwrap();
            InProcess(ChipTransport::new(chip).with_max_command_len(length))
        });
    }
}

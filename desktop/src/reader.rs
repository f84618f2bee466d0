//! PC/SC readers: the chip in a USB reader or in the virtual one.
use std::ffi::CString;

use card::{CardTransport, TransportError};
use pcsc::{Card, Context, Error, MAX_BUFFER_SIZE_EXTENDED, Protocols, Scope, ShareMode};

use crate::output::Failure;

/// Which features a reader has (PC/SC part 10, 2.2).
const GET_FEATURES: pcsc::ffi::DWORD = pcsc::ctl_code(3400);
/// FEATURE_GET_TLV_PROPERTIES.
const PROPERTIES: u8 = 0x12;
/// dwMaxAPDUDataSize: zero where only short commands go (part 10, 2.6.14).
const LONGEST_DATA: u8 = 0x0a;

/// Commands of readers that know short ones alone.
const SHORT: usize = 261;
/// What readers with extended length take; a chip that takes less answers 6700 and is asked for less.
const EXTENDED: usize = 65_544;
/// What a reader is tried with that says nothing of itself: the virtual one counts a command's octets in two octets.
const UNSAID: usize = 65_535;
/// Octets of an extended command around its data.
const AROUND: usize = 9;

/// A card in a reader.
pub(crate) struct PcscTransport {
    card: Card,
    longest: usize,
    buffer: Vec<u8>,
}

/// Connects to the card in the reader whose name holds `name`.
pub(crate) fn connect(name: &str) -> Result<PcscTransport, Failure> {
    let context = Context::establish(Scope::User).map_err(|error| {
        Failure::unreachable("pcscd_unreachable", format!("{error}: is pcscd installed and running?"))
    })?;
    let readers = context.list_readers_owned().map_err(|error| Failure::unreachable("no_reader", error))?;
    let text = |reader: &CString| reader.to_string_lossy().into_owned();
    let reader = readers.iter().find(|reader| text(reader).to_lowercase().contains(&name.to_lowercase()));
    let reader = reader.ok_or_else(|| {
        let all: Vec<String> = readers.iter().map(text).collect();
        let all = if all.is_empty() {
            "none is plugged in".to_owned()
        } else {
            format!("there are: {}", all.join(", "))
        };
        Failure::unreachable("no_such_reader", format!("no reader is called {name:?}; {all}"))
    })?;
    let card = context.connect(reader, ShareMode::Exclusive, Protocols::ANY).map_err(|error| {
        let hint = if error == Error::NoSmartcard { ": put the card on the reader" } else { "" };
        Failure::unreachable("no_card", format!("{error}{hint}"))
    })?;
    let longest = properties(&card).and_then(|list| longest_command(&list)).unwrap_or(UNSAID);
    Ok(PcscTransport { card, longest, buffer: vec![0; MAX_BUFFER_SIZE_EXTENDED] })
}

/// The reader's list of properties, where it has one.
fn properties(card: &Card) -> Option<Vec<u8>> {
    let mut buffer = [0; 264];
    let features = card.control(GET_FEATURES, &[], &mut buffer).ok()?.to_vec();
    let code = entry(&features, PROPERTIES)?.try_into().ok().map(u32::from_be_bytes)?;
    card.control(code.into(), &[], &mut buffer).ok().map(<[u8]>::to_vec)
}

/// The longest command by a list of properties, whose numbers are little-endian.
fn longest_command(properties: &[u8]) -> Option<usize> {
    let value = entry(properties, LONGEST_DATA)?.try_into().ok().map(u32::from_le_bytes)?;
    let octets = usize::try_from(value).ok()?;
    // Some give 256 for short length.
    Some(if octets <= 256 { SHORT } else { octets.saturating_add(AROUND).min(EXTENDED) })
}

/// The value of a tag in a list of tag, length of one octet, and value.
fn entry(mut list: &[u8], tag: u8) -> Option<&[u8]> {
    while let [found, length, rest @ ..] = list {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        if *found == tag {
            return Some(value);
        }
        list = rest;
    }
    None
}

impl CardTransport for PcscTransport {
    fn max_command_len(&self) -> usize {
        self.longest
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.card.transmit(command, &mut self.buffer).map(<[u8]>::to_vec).map_err(|error| match error {
            Error::Timeout => TransportError::Timeout,
            Error::Cancelled | Error::CancelledByUser => TransportError::UserCancelled,
            Error::NoService | Error::ServiceStopped | Error::ReaderUnavailable | Error::UnknownReader => {
                TransportError::Unavailable
            }
            _ => TransportError::TagLost,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::card_transport::{CardInField, card_transport};

    /// The slots of the virtual reader. The daemon is slow to notice a card that follows another into a slot.
    const SLOTS: [&str; 2] = ["Virtual PCD 00 00", "Virtual PCD 00 01"];
    /// Where the first slot listens as its package sets it up; `SEN_VPCD` names another port.
    const PORT: u16 = 35_963;

    /// A card in a slot until it is taken away, for whoever connects.
    struct Served {
        slot: usize,
        gone: AtomicBool,
    }

    impl Served {
        fn new(slot: usize) -> Arc<Self> {
            let first = std::env::var("SEN_VPCD").map_or(PORT, |port| port.parse().unwrap());
            let address = format!("127.0.0.1:{}", first + u16::try_from(slot).unwrap());
            let served = Arc::new(Self { slot, gone: AtomicBool::new(false) });
            let told = served.clone();
            std::thread::spawn(move || {
                let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
                let folder = vectors.join("emrtd/vn_cccd/b_bp384_named_2024");
                sandbox::chip::vpcd::serve(&folder, &address, &told.gone).unwrap();
            });
            served
        }
    }

    struct InSlot {
        transport: PcscTransport,
        served: Arc<Served>,
    }

    impl InSlot {
        fn connect(served: Arc<Served>) -> Self {
            let began = Instant::now();
            let transport = loop {
                match connect(SLOTS[served.slot]) {
                    Ok(transport) => break transport,
                    Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error:?}"),
                }
                std::thread::sleep(Duration::from_millis(50));
            };
            Self { transport, served }
        }
    }

    impl CardTransport for InSlot {
        fn max_command_len(&self) -> usize {
            self.transport.max_command_len()
        }

        fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            self.transport.transceive(command)
        }
    }

    impl CardInField for InSlot {
        fn remove(&mut self) {
            self.served.gone.store(true, Ordering::Relaxed);
            // The daemon looks into its slots a few times in a second.
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    #[test]
    fn a_card_in_a_reader_keeps_the_contract_of_the_port() {
        assert!(
            std::env::var_os("SEN_PCSCD").is_some_and(|set| set == "1"),
            "this test needs pcscd and vsmartcard-vpcd: run `tests/run reader`"
        );
        let served = RefCell::new(Served::new(0));
        card_transport(|| {
            let mut served = served.borrow_mut();
            if served.gone.load(Ordering::Relaxed) {
                *served = Served::new(served.slot + 1);
            }
            InSlot::connect(served.clone())
        });
    }

    /// As readers answer: two other properties before and one after.
    fn properties_with(longest_data: [u8; 4]) -> Vec<u8> {
        let before = [0x01, 0x02, 0x00, 0x00, 0x03, 0x01, 0x00, 0x0a, 0x04];
        [&before[..], &longest_data, &[0x0b, 0x02, 0x2f, 0x07]].concat()
    }

    #[test]
    fn a_reader_says_how_long_its_commands_may_be() {
        for (said, octets) in [
            ([0, 0, 0, 0], 261),
            ([0, 1, 0, 0], 261),
            ([0, 4, 0, 0], 1_033),
            ([0, 0, 1, 0], 65_544),
            ([0xff, 0xff, 0xff, 0xff], 65_544),
        ] {
            assert_eq!(longest_command(&properties_with(said)), Some(octets));
        }
    }

    #[test]
    fn a_list_that_is_cut_or_lacks_it_says_nothing() {
        let whole = properties_with([0, 0, 1, 0]);
        for length in 0..13 {
            assert_eq!(longest_command(&whole[..length]), None, "{length}");
        }
        assert_eq!(longest_command(&[0x0a, 0x02, 0, 0]), None);
        assert_eq!(
            entry(&[0x06, 4, 0x42, 0x33, 0, 6, 0x12, 4, 0x42, 0x33, 0, 18], 0x12).unwrap(),
            [0x42, 0x33, 0, 18]
        );
    }
}

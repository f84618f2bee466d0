//! Commands as a chip receives them, and the words it answers with (ISO/IEC 7816-4, 5.3 and 5.6).

/// A status word: the two last octets of every response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    pub(super) const OK: Self = Self(0x9000);
    pub(super) const END_OF_FILE: Self = Self(0x6282);
    pub(super) const AUTHENTICATION_FAILED: Self = Self(0x6300);
    pub(super) const WRONG_LENGTH: Self = Self(0x6700);
    pub(super) const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    pub(super) const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    pub(super) const NO_CURRENT_FILE: Self = Self(0x6986);
    pub(super) const MESSAGING_OBJECTS_MISSING: Self = Self(0x6987);
    pub(super) const MESSAGING_OBJECTS_WRONG: Self = Self(0x6988);
    pub(super) const WRONG_DATA: Self = Self(0x6a80);
    pub(super) const FILE_NOT_FOUND: Self = Self(0x6a82);
    pub(super) const WRONG_PARAMETERS: Self = Self(0x6a86);
    pub(super) const REFERENCED_DATA_NOT_FOUND: Self = Self(0x6a88);
    pub(super) const OFFSET_PAST_END: Self = Self(0x6b00);
    pub(super) const INSTRUCTION_UNKNOWN: Self = Self(0x6d00);
    pub(super) const CLASS_UNKNOWN: Self = Self(0x6e00);
    pub(super) const NO_DIAGNOSIS: Self = Self(0x6f00);
}

/// What a command is answered with: data and a status word, or a status word alone.
pub(super) type Outcome = Result<Answer, StatusWord>;

/// A successful answer, or a warning that still carries data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) word: StatusWord,
}

impl Answer {
    pub(super) const fn ok(data: Vec<u8>) -> Self {
        Self { data, word: StatusWord::OK }
    }

    /// An outcome as the octets that go over the air.
    pub(super) fn octets(outcome: Outcome) -> Vec<u8> {
        let (mut octets, word) = match outcome {
            Ok(answer) => (answer.data, answer.word),
            Err(word) => (Vec::new(), word),
        };
        octets.extend(word.0.to_be_bytes());
        octets
    }
}

/// A command in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) class: u8,
    pub(super) instruction: u8,
    pub(super) p1: u8,
    pub(super) p2: u8,
    pub(super) data: Vec<u8>,
    /// Octets of response data that the terminal expects at most; absent when it expects none.
    pub(super) expected: Option<usize>,
    /// Whether lengths came in extended form.
    pub(super) extended: bool,
}

impl Command {
    /// The four cases, each in its short and its extended form (ISO/IEC 7816-4, 5.2).
    pub(super) fn parse(octets: &[u8]) -> Result<Self, StatusWord> {
        let [class, instruction, p1, p2, body @ ..] = octets else {
            return Err(StatusWord::WRONG_LENGTH);
        };
        let (data, expected, extended) = match body {
            [] => (&[][..], None, false),
            [expected] => (&[][..], Some(short(*expected)), false),
            [0, high, low] => (&[][..], Some(extended_le(*high, *low)), true),
            [0, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let (data, tail) = rest.split_at_checked(length).ok_or(StatusWord::WRONG_LENGTH)?;
                match tail {
                    [] => (data, None, true),
                    [high, low] => (data, Some(extended_le(*high, *low)), true),
                    _ => return Err(StatusWord::WRONG_LENGTH),
                }
            }
            [length, rest @ ..] => {
                let (data, tail) =
                    rest.split_at_checked(usize::from(*length)).ok_or(StatusWord::WRONG_LENGTH)?;
                match tail {
                    [] => (data, None, false),
                    [expected] => (data, Some(short(*expected)), false),
                    _ => return Err(StatusWord::WRONG_LENGTH),
                }
            }
        };
        Ok(Self {
            class: *class,
            instruction: *instruction,
            p1: *p1,
            p2: *p2,
            data: data.to_vec(),
            expected,
            extended,
        })
    }

    /// Whether the class byte announces secure messaging with an authenticated header.
    pub(super) const fn is_protected(&self) -> bool {
        self.class & 0x0c == 0x0c
    }
}

/// A short Le; zero stands for 256.
fn short(expected: u8) -> usize {
    if expected == 0 { 256 } else { usize::from(expected) }
}

/// An extended Le; zero stands for 65,536.
fn extended_le(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 65_536,
        expected => usize::from(expected),
    }
}

//! Command and response APDUs (ISO/IEC 7816-4, 5.1).

/// A command: header, data, and how many octets are expected in return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandApdu {
    /// Class.
    pub cla: u8,
    /// Instruction.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Command data, at most 65,535 octets.
    pub data: Vec<u8>,
    /// Octets expected: none, or 1 to 65,536.
    pub expected: Option<u32>,
}

impl CommandApdu {
    /// A command without data that expects nothing.
    pub const fn new(ins: u8, p1: u8, p2: u8) -> Self {
        Self { cla: 0, ins, p1, p2, data: Vec::new(), expected: None }
    }

    /// With data.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    /// Expecting so many octets.
    #[must_use]
    pub const fn expecting(mut self, octets: u32) -> Self {
        self.expected = Some(octets);
        self
    }

    /// Whether it needs the extended form.
    pub fn is_extended(&self) -> bool {
        self.data.len() > 0xff || self.expected.is_some_and(|expected| expected > 0x100)
    }

    /// The octets to send, short where it fits.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_as(self.is_extended())
    }

    pub(crate) fn encode_as(&self, extended: bool) -> Vec<u8> {
        let mut out = vec![self.cla, self.ins, self.p1, self.p2];
        if extended {
            out.push(0);
        }
        if !self.data.is_empty() {
            let length = self.data.len().to_be_bytes();
            let [.., high, low] = length;
            out.extend(if extended { vec![high, low] } else { vec![low] });
            out.extend_from_slice(&self.data);
        }
        if let Some(expected) = self.expected {
            out.extend(expected_field(expected, extended));
        }
        out
    }
}

/// Le: 256 and 65,536 are written as zeros.
pub(crate) fn expected_field(expected: u32, extended: bool) -> Vec<u8> {
    let [.., high, low] = expected.to_be_bytes();
    if extended { vec![high, low] } else { vec![low] }
}

/// A response: data and status word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseApdu {
    /// Response data.
    pub data: Vec<u8>,
    /// SW1 SW2.
    pub status: u16,
}

/// Everything went well.
pub const SUCCESS: u16 = 0x9000;

impl ResponseApdu {
    /// From the octets received; at least a status word.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (data, status) = bytes.split_last_chunk::<2>()?;
        Some(Self { data: data.to_vec(), status: u16::from_be_bytes(*status) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_all_four_cases_short_and_extended() {
        let plain = CommandApdu::new(0xb0, 1, 2);
        assert_eq!(plain.encode(), [0, 0xb0, 1, 2]);
        assert_eq!(plain.clone().expecting(256).encode(), [0, 0xb0, 1, 2, 0]);
        assert_eq!(plain.clone().with_data([9]).encode(), [0, 0xb0, 1, 2, 1, 9]);
        assert_eq!(plain.clone().with_data([9]).expecting(4).encode(), [0, 0xb0, 1, 2, 1, 9, 4]);
        assert_eq!(plain.clone().expecting(1000).encode(), [0, 0xb0, 1, 2, 0, 3, 0xe8]);
        assert_eq!(plain.clone().expecting(65_536).encode(), [0, 0xb0, 1, 2, 0, 0, 0]);
        let long = plain.with_data(vec![7; 256]).expecting(1).encode();
        assert_eq!(long[..7], [0, 0xb0, 1, 2, 0, 1, 0]);
        assert_eq!(long[263..], [0, 1]);
    }

    #[test]
    fn a_response_has_a_status() {
        assert_eq!(ResponseApdu::parse(&[1, 0x90, 0]), Some(ResponseApdu { data: vec![1], status: SUCCESS }));
        assert_eq!(ResponseApdu::parse(&[0x90]), None);
    }
}

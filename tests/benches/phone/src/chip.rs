//! A chip that `sen card serve` plays in a process of its own, and the virtual reader's side of the connection to it.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use card::{CardTransport, TransportError};

pub(crate) const CAN: &str = "067891";
const CARD: &str = "tests/vectors/emrtd/vn_cccd/b_bp384_named_2024";
/// Short APDUs alone, so that a reading has many.
const LONGEST: usize = 261;

pub(crate) struct Chip {
    process: Child,
    connection: TcpStream,
}

impl Chip {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let card = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap().join(CARD);
        let mut serve = Command::new(std::env::var_os("SEN").expect("SEN"));
        serve.args(["card", "serve"]).arg(card).args(["--vpcd", &address]);
        let process = serve.stderr(Stdio::null()).spawn().unwrap();
        let connection = listener.accept().unwrap().0;
        connection.set_nodelay(true).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { process, connection }
    }

    /// Two octets of length, then the content: a command, or one octet for the power.
    fn send(&mut self, content: &[u8]) -> std::io::Result<()> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        self.connection.write_all(&[&length, content].concat())
    }

    fn receive(&mut self) -> std::io::Result<Vec<u8>> {
        let mut length = [0; 2];
        self.connection.read_exact(&mut length)?;
        let mut content = vec![0; u16::from_be_bytes(length).into()];
        self.connection.read_exact(&mut content)?;
        Ok(content)
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The card put on the reader once more, with the times that were not the chip's.
pub(crate) struct Timed<'a> {
    chip: &'a mut Chip,
    answered: Option<Instant>,
    pub(crate) gaps: Vec<Duration>,
}

impl<'a> Timed<'a> {
    pub(crate) fn new(chip: &'a mut Chip) -> Self {
        chip.send(&[0]).unwrap();
        chip.send(&[1]).unwrap();
        Self { chip, answered: None, gaps: Vec::new() }
    }
}

impl CardTransport for Timed<'_> {
    fn max_command_len(&self) -> usize {
        LONGEST
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.gaps.extend(self.answered.map(|answered| answered.elapsed()));
        let answer = self.chip.send(command).and_then(|()| self.chip.receive());
        self.answered = Some(Instant::now());
        answer.map_err(|_| TransportError::TagLost)
    }
}

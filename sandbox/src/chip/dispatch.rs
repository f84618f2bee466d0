//! Carries commands out, one function an instruction (ICAO Doc 9303-10, 3.6 and 9303-11).
use super::Chip;
use super::bac;
use super::chip_auth::{self, ChipAuthentication};
use super::command::{Answer, Command, Outcome, StatusWord};
use super::files::{APPLICATION, Condition, Directory, FileName};
use super::messaging::Session;
use super::objects::{encode, find, objects, sole};
use super::pace::Exchange;

/// How the terminal proved that it knows the card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Access {
    /// Not at all.
    #[default]
    None,
    /// By BAC.
    Bac,
    /// By PACE.
    Pace,
}

/// Where a conversation stands; a reset brings the default back.
#[derive(Debug, Default)]
pub(super) struct State {
    in_application: bool,
    file: Option<FileName>,
    access: Access,
    challenge: Option<[u8; 8]>,
    exchange: Exchange,
    chip_authentication: Option<ChipAuthentication>,
    /// Secure messaging as it runs.
    pub(super) session: Option<Session>,
    /// Secure messaging from the next command on.
    pub(super) next_session: Option<Session>,
}

impl State {
    /// The session is over, and all that it allowed.
    pub(super) fn forget_access(&mut self) {
        self.access = Access::None;
        self.file = None;
        self.challenge = None;
        self.exchange = Exchange::Idle;
        self.chip_authentication = None;
    }

    const fn directory(&self) -> Directory {
        if self.in_application { Directory::Document } else { Directory::Master }
    }
}

impl Chip {
    /// Carries a command out. Of what it gives, `longest` octets can be returned, and READ BINARY gives `most`.
    pub(super) fn carry_out(&mut self, command: &Command, longest: usize, most: usize) -> Outcome {
        // The chaining bit is set on all but the last step of PACE; each step is complete in itself.
        if command.class & !0x10 != 0 {
            return Err(StatusWord::CLASS_UNKNOWN);
        }
        match command.instruction {
            0xa4 => self.select(command),
            0xb0 => self.read_binary(command, longest.min(most)),
            0xb1 => self.read_binary_odd(command, longest, most),
            0x84 => self.get_challenge(command),
            0x82 => self.external_authenticate(command),
            0x88 => self.internal_authenticate(command),
            0x22 => self.manage_security_environment(command),
            0x86 => self.general_authenticate(command),
            _ => Err(StatusWord::INSTRUCTION_UNKNOWN),
        }
    }

    /// SELECT: the application by its name, the master file, or a file of the current directory.
    fn select(&mut self, command: &Command) -> Outcome {
        match (command.p1, command.data.as_slice()) {
            (0x04, name) if APPLICATION.starts_with(name) && name.len() >= 5 => {
                self.state.in_application = true;
                self.state.file = None;
                Ok(Answer::ok(control_information(command, &encode(0x84, &APPLICATION))))
            }
            (0x04, _) => Err(StatusWord::FILE_NOT_FOUND),
            (0x00, [] | [0x3f, 0x00]) if self.behaviour.master_selectable => {
                self.state.in_application = false;
                self.state.file = None;
                Ok(Answer::ok(control_information(command, &encode(0x83, &[0x3f, 0x00]))))
            }
            (0x00, [] | [0x3f, 0x00]) => Err(StatusWord::INSTRUCTION_UNKNOWN),
            (0x02, [high, low]) => {
                let identifier = u16::from_be_bytes([*high, *low]);
                let name = FileName { directory: self.state.directory(), identifier };
                self.permit(name)?;
                self.state.file = Some(name);
                Ok(Answer::ok(control_information(command, &encode(0x83, &[*high, *low]))))
            }
            (0x02, _) => Err(StatusWord::WRONG_LENGTH),
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    /// Whether a file is there and may be read now.
    fn permit(&self, name: FileName) -> Result<(), StatusWord> {
        let permitted = match name.condition() {
            Condition::Always => true,
            Condition::Pace => self.state.access == Access::Pace,
            Condition::Access => self.state.access != Access::None,
            Condition::TerminalAuthentication => false,
        };
        match (permitted, self.files.get(name).is_some()) {
            (true, true) => Ok(()),
            (true, false) => Err(StatusWord::FILE_NOT_FOUND),
            (false, _) => Err(StatusWord::SECURITY_NOT_SATISFIED),
        }
    }

    /// The file of a short identifier, which reading selects.
    fn select_short(&mut self, short: u8) -> Result<FileName, StatusWord> {
        if !self.behaviour.short_identifiers {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        let directory = self.state.directory();
        let name = match self.files.by_short(directory, short) {
            Some(name) => name,
            // A file that is missing is refused in the same way as if it were selected.
            None => FileName { directory, identifier: 0x0100 | u16::from(short) },
        };
        self.permit(name)?;
        self.state.file = Some(name);
        Ok(name)
    }

    /// READ BINARY with an offset of fifteen bits, or a short identifier and eight bits.
    fn read_binary(&mut self, command: &Command, longest: usize) -> Outcome {
        let (name, offset) = if command.p1 & 0x80 == 0 {
            let name = self.state.file.ok_or(StatusWord::NO_CURRENT_FILE)?;
            (name, usize::from(u16::from_be_bytes([command.p1, command.p2])))
        } else if command.p1 & 0x60 == 0 {
            (self.select_short(command.p1 & 0x1f)?, usize::from(command.p2))
        } else {
            return Err(StatusWord::WRONG_PARAMETERS);
        };
        let expected = command.expected.ok_or(StatusWord::WRONG_LENGTH)?;
        self.read(name, offset, expected, longest)
    }

    /// READ BINARY with the offset in a data object, for files of 32 KB and more; the content comes in one too.
    fn read_binary_odd(&mut self, command: &Command, longest: usize, most: usize) -> Outcome {
        let name = match [command.p1, command.p2] {
            [0, 0] => self.state.file.ok_or(StatusWord::NO_CURRENT_FILE)?,
            [0, short @ 1..=30] => self.select_short(short)?,
            identifier => {
                let identifier = u16::from_be_bytes(identifier);
                let name = FileName { directory: self.state.directory(), identifier };
                self.permit(name)?;
                self.state.file = Some(name);
                name
            }
        };
        let offset = sole(&command.data, 0x54)?;
        if offset.len() > 4 {
            return Err(StatusWord::WRONG_DATA);
        }
        let offset = offset.iter().fold(0_usize, |offset, octet| offset << 8 | usize::from(*octet));
        let expected = command.expected.ok_or(StatusWord::WRONG_LENGTH)?;
        // The object's header counts in what the terminal expects.
        let header = |length: usize| encode(0x53, &vec![0; length]).len() - length;
        let inside = |total: usize| total.saturating_sub(header(total));
        let expected = if expected == 256 || expected == 65_536 { expected } else { inside(expected) };
        let answer = self.read(name, offset, expected, inside(longest).min(most))?;
        Ok(Answer { data: encode(0x53, &answer.data), word: answer.word })
    }

    fn read(&self, name: FileName, offset: usize, expected: usize, longest: usize) -> Outcome {
        self.permit(name)?;
        let content = self.files.get(name).ok_or(StatusWord::FILE_NOT_FOUND)?;
        let wanted = expected.min(longest);
        let data = content.slice(offset, wanted).ok_or(StatusWord::OFFSET_PAST_END)?;
        // Le = 0 asks for whatever there is and is always satisfied.
        let short = data.len() < wanted && expected != 256 && expected != 65_536;
        let word = if short && self.behaviour.end_of_file_warning {
            StatusWord::END_OF_FILE
        } else {
            StatusWord::OK
        };
        Ok(Answer { data, word })
    }

    /// GET CHALLENGE, the start of BAC.
    fn get_challenge(&mut self, command: &Command) -> Outcome {
        self.state.challenge = None;
        if !self.behaviour.bac || !self.state.in_application || self.state.access != Access::None {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        if command.expected != Some(8) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let nonce = bac::challenge(self.random.as_mut())?;
        self.state.challenge = Some(nonce);
        Ok(Answer::ok(nonce.to_vec()))
    }

    /// EXTERNAL AUTHENTICATE, which BAC makes mutual.
    fn external_authenticate(&mut self, command: &Command) -> Outcome {
        let nonce = self.state.challenge.take().ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
        let seed = self.passwords.bac_seed().ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
        match bac::authenticate(&seed, nonce, &command.data, self.random.as_mut()) {
            Ok((response, session)) => {
                self.state.access = Access::Bac;
                self.state.next_session = Some(session);
                Ok(Answer::ok(response))
            }
            Err(word) => {
                self.failed_attempts += usize::from(word == StatusWord::AUTHENTICATION_FAILED);
                Err(word)
            }
        }
    }

    /// INTERNAL AUTHENTICATE: active authentication.
    fn internal_authenticate(&mut self, command: &Command) -> Outcome {
        let key = self.active.as_ref().ok_or(StatusWord::INSTRUCTION_UNKNOWN)?;
        if self.state.access == Access::None {
            return Err(StatusWord::SECURITY_NOT_SATISFIED);
        }
        if command.data.len() != 8 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let dg14 = self.files.octets(FileName::data_group(14));
        key.sign(&command.data, dg14, self.behaviour, self.random.as_mut()).map(Answer::ok)
    }

    /// MSE: Set AT chooses PACE or chip authentication, Set KAT carries the older chip authentication out.
    fn manage_security_environment(&mut self, command: &Command) -> Outcome {
        self.state.exchange = Exchange::Idle;
        self.state.chip_authentication = None;
        match [command.p1, command.p2] {
            [0xc1 | 0x41, 0xa4] => {
                let set = objects(&command.data)?;
                let protocol = find(&set, 0x80).ok_or(StatusWord::WRONG_DATA)?;
                if Exchange::concerns(protocol) {
                    self.state.exchange = Exchange::choose(&command.data, &self.offers, &self.passwords)?;
                } else if ChipAuthentication::concerns(protocol) {
                    self.key_after_access()?;
                    self.state.chip_authentication = Some(ChipAuthentication::choose(protocol)?);
                } else {
                    return Err(StatusWord::WRONG_DATA);
                }
                Ok(Answer::ok(Vec::new()))
            }
            [0x41, 0xa6] => {
                let session = chip_auth::set_key_agreement(self.key_after_access()?, &command.data)?;
                self.state.next_session = Some(session);
                Ok(Answer::ok(Vec::new()))
            }
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    fn key_after_access(&self) -> Result<&super::AgreementKey, StatusWord> {
        if self.state.access == Access::None {
            return Err(StatusWord::SECURITY_NOT_SATISFIED);
        }
        self.static_key.as_ref().ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)
    }

    /// GENERAL AUTHENTICATE: the next step of whatever was chosen.
    fn general_authenticate(&mut self, command: &Command) -> Outcome {
        if let Some(chosen) = self.state.chip_authentication.take() {
            let session = chosen.agree(self.key_after_access()?, &command.data)?;
            self.state.next_session = Some(session);
            return Ok(Answer::ok(encode(0x7c, &[])));
        }
        let on_curve = self.static_key.as_ref().and_then(super::AgreementKey::on_curve);
        match self.state.exchange.advance(&command.data, on_curve, self.random.as_mut()) {
            Ok(step) => {
                if let Some(session) = step.session {
                    self.state.access = Access::Pace;
                    self.state.next_session = Some(session);
                }
                Ok(Answer::ok(step.response))
            }
            Err(word) => {
                self.failed_attempts += usize::from(word == StatusWord::AUTHENTICATION_FAILED);
                Err(word)
            }
        }
    }
}

/// File control information, for who asks for it.
fn control_information(command: &Command, inside: &[u8]) -> Vec<u8> {
    if command.p2 & 0x0c == 0x0c || command.expected.is_none() { Vec::new() } else { encode(0x6f, inside) }
}

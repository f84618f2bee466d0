use std::collections::VecDeque;

use super::*;
use crate::messaging::{Cipher, MessagingError, SessionKeys};
use crate::read::Unwatched;
use crate::transport::TransportError;

/// Answers one after the other, whatever is sent.
struct Script {
    answers: VecDeque<Vec<u8>>,
    sent: Vec<Vec<u8>>,
}

impl Script {
    fn new(answers: &[&[u8]]) -> Self {
        Self { answers: answers.iter().map(|answer| answer.to_vec()).collect(), sent: Vec::new() }
    }
}

impl CardTransport for Script {
    fn max_command_len(&self) -> usize {
        261
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent.push(command.to_vec());
        self.answers.pop_front().ok_or(TransportError::Timeout)
    }
}

const READ: CommandApdu = CommandApdu::new(0xb0, 0, 0);

#[test]
fn an_answer_in_parts_is_joined() {
    let mut script = Script::new(&[&[1, 2, 0x61, 0x02], &[3, 0x61, 0x00], &[4, 0x90, 0x00]]);
    let response = Session::new(&mut script, &Unwatched).send(&READ).unwrap();
    assert_eq!((response.data, response.status), (vec![1, 2, 3, 4], SUCCESS));
    assert_eq!(script.sent[1..], [vec![0, 0xc0, 0, 0, 2], vec![0, 0xc0, 0, 0, 0]]);
}

#[test]
fn an_answer_that_always_goes_on_is_given_up() {
    let part = [&[7; 255][..], &[0x61, 0xff]].concat();
    let mut script = Script { answers: std::iter::repeat_n(part, 10_000).collect(), sent: Vec::new() };
    let outcome = Session::new(&mut script, &Unwatched).send(&READ);
    assert_eq!(outcome, Err(ReadError::AccessMalformed));
    assert!(script.sent.len() < 400);
    let empty = vec![0x61, 0x01];
    let mut script = Script { answers: std::iter::repeat_n(empty, 10_000).collect(), sent: Vec::new() };
    assert_eq!(Session::new(&mut script, &Unwatched).send(&READ).unwrap().status, 0x6101);
    assert!(script.sent.len() < 400);
}

#[test]
fn an_answer_without_a_status_is_malformed() {
    for answer in [&[][..], &[0x90]] {
        let mut script = Script::new(&[answer]);
        assert_eq!(Session::new(&mut script, &Unwatched).send(&READ), Err(ReadError::AccessMalformed));
    }
}

#[test]
fn under_secure_messaging_nothing_in_the_clear_is_believed_and_the_session_is_over() {
    let clear: [(&[u8], ReadError); 4] = [
        (&[0x90, 0x00], ReadError::SessionLost(0x9000)),
        (&[0x69, 0x88], ReadError::SessionLost(0x6988)),
        (&[0x61, 0x02, 0x90, 0x00], ReadError::Messaging(MessagingError::Malformed)),
        (&[0x99, 0x02, 0x90, 0x00, 0x90, 0x00], ReadError::Messaging(MessagingError::Malformed)),
    ];
    for (answer, error) in clear {
        let mut script = Script::new(&[answer, &[0x90, 0x00]]);
        let mut session = Session::new(&mut script, &Unwatched);
        let keys = SessionKeys::derive(Cipher::Aes128, b"a shared secret");
        session.protect_with(SecureMessaging::new(keys, None));
        assert_eq!(session.send(&READ), Err(error));
        session.send(&READ).unwrap();
        assert_eq!(script.sent[0][0], 0x0c);
        assert_eq!(script.sent[1][0], 0x00);
    }
}

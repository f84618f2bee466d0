//! Why portal or bank refuse, for the page in both languages and for the wallet.
use serde_json::json;
use verifier::online::{OnlineError, StatusRefusal};

use super::super::answer::Refusal;
use super::super::database::DatabaseError;

/// A refusal that a person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Reason {
    TooLate,
    Declined,
    WrongNumber,
    NotApproved,
    NotGenuine,
    NotAsAsked,
    Withdrawn,
    NoStatus,
    StatusUnknown,
    LevelTooLow,
    NoBankAccount,
    TooLittle,
    NonceUnknown,
    FaceNotCompared,
    NoRecord,
    ReaderUnknown,
    OtherReading,
    CardNotProven,
    CardExpired,
    Broken,
}

impl From<DatabaseError> for Reason {
    fn from(_: DatabaseError) -> Self {
        Self::Broken
    }
}

impl Reason {
    pub(super) const fn of(error: OnlineError) -> Self {
        match error {
            OnlineError::TooLate => Self::TooLate,
            OnlineError::Declined(_) => Self::Declined,
            OnlineError::WrongNumber => Self::WrongNumber,
            OnlineError::NotApproved => Self::NotApproved,
            OnlineError::SdJwt(_) | OnlineError::Mdoc(_) | OnlineError::Response(_) => Self::NotGenuine,
            OnlineError::Surplus
            | OnlineError::Incomplete
            | OnlineError::NotAsAsked
            | OnlineError::OverDisclosed => Self::NotAsAsked,
            _ => Self::Broken,
        }
    }

    pub(super) const fn of_status(refusal: StatusRefusal) -> Self {
        match refusal {
            StatusRefusal::Suspended | StatusRefusal::Revoked => Self::Withdrawn,
            StatusRefusal::Missing => Self::NoStatus,
            _ => Self::StatusUnknown,
        }
    }

    /// For machines.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::TooLate => "too_late",
            Self::Declined => "declined",
            Self::WrongNumber => "wrong_number",
            Self::NotApproved => "not_approved",
            Self::NotGenuine => "not_genuine",
            Self::NotAsAsked => "not_as_asked",
            Self::Withdrawn => "withdrawn",
            Self::NoStatus => "no_status",
            Self::StatusUnknown => "status_unknown",
            Self::LevelTooLow => "level_too_low",
            Self::NoBankAccount => "no_bank_account",
            Self::TooLittle => "balance_too_low",
            Self::NonceUnknown => "nonce_unknown",
            Self::FaceNotCompared => "face_not_compared",
            Self::NoRecord => "record_unreadable",
            Self::ReaderUnknown => "reader_unknown",
            Self::OtherReading => "other_reading",
            Self::CardNotProven => "card_not_proven",
            Self::CardExpired => "card_expired",
            Self::Broken => "server_error",
        }
    }

    /// For people: Vietnamese, English.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::TooLate => ("Đã hết thời gian. Hãy bắt đầu lại.", "The time is over. Please begin again."),
            Self::Declined => ("Đã từ chối trên điện thoại.", "Declined on the phone."),
            Self::WrongNumber => (
                "Hai chữ số không đúng. Không có gì được thực hiện.",
                "The two digits are wrong. Nothing was done.",
            ),
            Self::NotApproved => (
                "Nội dung đã ký khác với nội dung được yêu cầu.",
                "What was signed is not what was asked for.",
            ),
            Self::NotGenuine => {
                ("Không xác thực được câu trả lời.", "The answer is not genuine, or not for this request.")
            }
            Self::NotAsAsked => {
                ("Giấy tờ không đúng như yêu cầu.", "This is not the document that was asked for.")
            }
            Self::Withdrawn => {
                ("Giấy tờ đã bị khóa hoặc thu hồi.", "The document is locked or was withdrawn.")
            }
            Self::NoStatus => (
                "Giấy tờ không cho biết tra cứu hiệu lực ở đâu, nên không ai có thể thu hồi nó.",
                "The document says nowhere whether it is in force, so that nobody could withdraw it.",
            ),
            Self::StatusUnknown => (
                "Không biết giấy tờ còn hiệu lực hay không.",
                "Nobody can say whether the document is still in force.",
            ),
            Self::LevelTooLow => (
                "Tài khoản mức 1. Dịch vụ này cần mức 2: hãy đọc thẻ căn cước (CCCD) và so khuôn mặt trong ứng dụng.",
                "Your account is at level 1. This service needs level 2: read your identity card and compare your face in the app.",
            ),
            Self::NoBankAccount => (
                "Bạn chưa có tài khoản tại ngân hàng này. Hãy đến quầy.",
                "You have no account at this bank. Please go to the counter.",
            ),
            Self::TooLittle => ("Số dư không đủ.", "The balance is too low."),
            Self::NonceUnknown => (
                "Số ngẫu nhiên không có, đã dùng hoặc quá cũ. Hãy lấy số mới và đọc lại thẻ.",
                "The nonce is unknown, used or too old. Get a new one and read the card again.",
            ),
            Self::FaceNotCompared => (
                "Hãy so khuôn mặt người trước quầy với ảnh trong thẻ trước.",
                "Compare the person with the card's portrait first.",
            ),
            Self::NoRecord => ("Tệp này không phải bản ghi đọc thẻ.", "This file is no record of a reading."),
            Self::ReaderUnknown => (
                "Bản ghi do máy đọc mà ngân hàng không biết ký.",
                "The record is signed by a reader that the bank does not know.",
            ),
            Self::OtherReading => (
                "Bản ghi của lần đọc khác. Hãy đọc lại thẻ với số ngẫu nhiên này.",
                "The record is of another reading. Read the card again, for this nonce.",
            ),
            Self::CardNotProven => (
                "Bản ghi không chứng minh được chip thật của thẻ.",
                "The record does not prove a genuine card whose chip was here.",
            ),
            Self::CardExpired => ("Thẻ đã hết hạn.", "The card has expired."),
            Self::Broken => ("Hệ thống có lỗi.", "The system failed."),
        }
    }

    /// For a page that shows the words itself.
    pub(in super::super) fn told(self) -> Refusal {
        self.refusal().with("vi", json!(self.words().0))
    }

    pub(super) const fn refusal(self) -> Refusal {
        let (_, english) = self.words();
        match self {
            Self::Broken => Refusal::broken(),
            _ => Refusal::new(self.code(), english),
        }
    }
}

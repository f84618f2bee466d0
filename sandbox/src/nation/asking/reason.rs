//! Why portal or bank refuse, for the page in both languages and for the wallet.
use verifier::online::OnlineError;

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
    LevelTooLow,
    NoBankAccount,
    TooLittle,
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
            Self::LevelTooLow => "level_too_low",
            Self::NoBankAccount => "no_bank_account",
            Self::TooLittle => "balance_too_low",
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
            Self::LevelTooLow => (
                "Tài khoản mức 1. Dịch vụ này cần mức 2: hãy đọc thẻ căn cước (CCCD) và so khuôn mặt trong ứng dụng.",
                "Your account is at level 1. This service needs level 2: read your identity card and compare your face in the app.",
            ),
            Self::NoBankAccount => (
                "Bạn chưa có tài khoản tại ngân hàng này. Hãy đến quầy.",
                "You have no account at this bank. Please go to the counter.",
            ),
            Self::TooLittle => ("Số dư không đủ.", "The balance is too low."),
            Self::Broken => ("Hệ thống có lỗi.", "The system failed."),
        }
    }

    pub(super) const fn refusal(self) -> Refusal {
        let (_, english) = self.words();
        match self {
            Self::Broken => Refusal::broken(),
            _ => Refusal::new(self.code(), english),
        }
    }
}

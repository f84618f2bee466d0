//! The portal's result codes: one table, with what each means for the desk and the words for the clerk.
use serde::{Deserialize, Serialize};

use crate::insurance::Words;

/// What an answer, or the want of one, means for the desk. None of it changes a verdict: who someone is and whether the
/// insurance pays today are two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The card is good.
    Entitled,
    /// The card was replaced: the new card's number and dates count.
    NewCard,
    /// The card has ended or was withdrawn.
    NotEntitled,
    /// The register has no such card.
    NotFound,
    /// The register has other data of the holder.
    DifferentData,
    /// The card is looked after elsewhere, or is none: the clerk compares papers.
    CheckPapers,
    /// What was asked has a wrong form.
    WrongInput,
    /// The portal does not let this facility or this clerk ask.
    RefusedAccess,
    /// The portal failed; the same question may be answered later.
    AskAgain,
    /// The portal gave no answer: no network, no answer in time, not the portal.
    Unreachable,
    /// The portal answered something that is not known here.
    UnknownAnswer,
}

impl Outcome {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Entitled => "entitled",
            Self::NewCard => "new_card",
            Self::NotEntitled => "not_entitled",
            Self::NotFound => "not_found",
            Self::DifferentData => "different_data",
            Self::CheckPapers => "check_papers",
            Self::WrongInput => "wrong_input",
            Self::RefusedAccess => "refused_access",
            Self::AskAgain => "ask_again",
            Self::Unreachable => "unreachable",
            Self::UnknownAnswer => "unknown_answer",
        }
    }

    /// Whether the portal said something of the card.
    pub const fn is_answer(self) -> bool {
        !matches!(self, Self::RefusedAccess | Self::AskAgain | Self::Unreachable)
    }

    /// For the clerk, where no result code says more.
    pub const fn words(self) -> Words {
        let (vi, en) = match self {
            Self::Entitled => ("Thẻ còn giá trị", "The card is good"),
            Self::NewCard => ("Đã được cấp thẻ mới", "A new card was issued"),
            Self::NotEntitled => ("Thẻ không còn giá trị", "The card is no longer good"),
            Self::NotFound => ("Không thấy thông tin thẻ", "No such card"),
            Self::DifferentData => ("Thông tin khác với cổng BHXH", "The portal has other data"),
            Self::CheckPapers => (
                "Không tra cứu được thẻ này, đề nghị kiểm tra thẻ và giấy tờ tùy thân",
                "This card cannot be looked up: check card and papers",
            ),
            Self::WrongInput => ("Thông tin tra cứu sai định dạng", "The question has a wrong form"),
            Self::RefusedAccess => {
                ("Cổng BHXH từ chối tài khoản tra cứu", "The portal refuses the account that asks")
            }
            Self::AskAgain => {
                ("Cổng BHXH đang lỗi, xin tra cứu lại sau", "The portal failed: ask again later")
            }
            Self::Unreachable => ("Không kết nối được cổng BHXH", "The portal cannot be reached"),
            Self::UnknownAnswer => {
                ("Cổng BHXH trả lời mã chưa biết", "The portal's answer has a code that is not known here")
            }
        };
        Words { vi, en }
    }
}

/// A result code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultCode {
    /// Three digits (`maKetQua`).
    pub code: &'static str,
    /// What it means for the desk.
    pub outcome: Outcome,
    /// For the clerk.
    pub words: Words,
}

impl ResultCode {
    /// The row of this code.
    pub fn of(code: &str) -> Option<&'static Self> {
        CODES.iter().find(|row| row.code == code)
    }
}

const fn row(code: &'static str, outcome: Outcome, vi: &'static str, en: &'static str) -> ResultCode {
    ResultCode { code, outcome, words: Words { vi, en } }
}

/// The codes.
pub const CODES: &[ResultCode] = &[
    row("000", Outcome::Entitled, "Thông tin thẻ BHYT chính xác", "Card correct"),
    row(
        "001",
        Outcome::CheckPapers,
        "Thẻ do BHXH Bộ Quốc phòng quản lý, đề nghị kiểm tra thẻ và giấy tờ tùy thân",
        "Card managed by Ministry of Defence: check card and ID by eye",
    ),
    row(
        "002",
        Outcome::CheckPapers,
        "Thẻ do BHXH Bộ Công an quản lý, đề nghị kiểm tra thẻ và giấy tờ tùy thân",
        "Card managed by Ministry of Public Security: check card and ID by eye",
    ),
    row(
        "003",
        Outcome::NewCard,
        "Thẻ cũ hết giá trị sử dụng nhưng đã được cấp thẻ mới",
        "Old card expired, new card issued",
    ),
    row(
        "004",
        Outcome::NewCard,
        "Thẻ cũ còn giá trị sử dụng nhưng đã được cấp thẻ mới",
        "Old card still valid, new card issued",
    ),
    row("010", Outcome::NotEntitled, "Thẻ hết giá trị sử dụng", "Card expired"),
    row("050", Outcome::NotFound, "Không thấy thông tin thẻ BHYT", "No such card"),
    row("051", Outcome::WrongInput, "Mã thẻ không đúng", "Card number wrong"),
    row(
        "052",
        Outcome::WrongInput,
        "Mã tỉnh cấp thẻ (ký tự thứ 4, 5) không đúng",
        "Province characters wrong",
    ),
    row("053", Outcome::WrongInput, "Mã quyền lợi (ký tự thứ 3) không đúng", "Benefit level character wrong"),
    row(
        "054",
        Outcome::RefusedAccess,
        "Số CCCD của cán bộ tra cứu không có trong danh sách cơ sở KCB đăng ký",
        "Querying staff ID not registered by the facility",
    ),
    row(
        "055",
        Outcome::RefusedAccess,
        "Họ tên cán bộ tra cứu không khớp với số CCCD",
        "Querying staff name does not match staff ID",
    ),
    row("060", Outcome::DifferentData, "Thẻ sai họ tên", "Name does not match"),
    row("061", Outcome::DifferentData, "Thẻ sai họ tên (đúng ký tự đầu)", "Name differs, initials match"),
    row("070", Outcome::DifferentData, "Thẻ sai ngày sinh", "Birth date does not match"),
    row("090", Outcome::DifferentData, "Thẻ sai nơi đăng ký KCB ban đầu", "Initial facility does not match"),
    row("100", Outcome::AskAgain, "Lỗi khi lấy dữ liệu sổ thẻ", "Card register error"),
    row("101", Outcome::AskAgain, "Lỗi máy chủ giám định", "Assessment server error"),
    row("110", Outcome::NotEntitled, "Thẻ đã thu hồi", "Card withdrawn"),
    row("120", Outcome::NotEntitled, "Thẻ đã báo giảm", "Membership ended"),
    row(
        "121",
        Outcome::NotEntitled,
        "Thẻ đã báo giảm, chuyển ngoại tỉnh",
        "Ended, moved to another province",
    ),
    row("122", Outcome::NotEntitled, "Thẻ đã báo giảm, chuyển nội tỉnh", "Ended, moved inside the province"),
    row(
        "123",
        Outcome::NotEntitled,
        "Thẻ đã báo giảm do tăng lại cùng đơn vị",
        "Ended, re-registered in the same unit",
    ),
    row("124", Outcome::NotEntitled, "Thẻ đã báo giảm, ngừng tham gia", "Ended, stopped taking part"),
    row("130", Outcome::CheckPapers, "Trẻ em không xuất trình thẻ BHYT", "Child without card"),
    row("205", Outcome::WrongInput, "Lỗi sai định dạng tham số", "Bad parameter format"),
    row("401", Outcome::RefusedAccess, "Lỗi xác thực tài khoản", "Account authentication error"),
    row("500", Outcome::AskAgain, "Lỗi máy chủ", "Server error"),
];

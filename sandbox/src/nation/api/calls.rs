//! The calls, each with what it takes and gives. A member is written as its name; `name?` need not be there, and `name=meaning` is
//! described in [`MEANINGS`](super::meanings::MEANINGS) under another word than its name.
mod account;
mod nation;

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// `GET`; what it takes stands in the query.
    Get,
    /// `POST` without a body.
    Empty,
    /// `POST` with JSON members.
    Json,
    /// `POST` with a form.
    Form,
    /// `POST` with a signed account message of one of these operations.
    Signed(&'static [&'static str]),
}

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// A JSON record with these members.
    Record(&'static [&'static str]),
    /// A page for people.
    Page,
    /// A page, or the record for whoever accepts JSON or sends it.
    PageOrRecord(&'static [&'static str]),
    /// Something of these media types.
    Bytes(&'static [&'static str]),
}

/// A call: how, where, what for, the members that it takes, and what it gives.
pub(super) type Call = (Asked, &'static str, &'static str, &'static [&'static str], Gives);

/// All calls, in the order in which they are described.
pub(super) fn calls() -> impl Iterator<Item = &'static Call> {
    account::CALLS.iter().chain(nation::CALLS)
}

const NOTHING: &[&str] = &[];

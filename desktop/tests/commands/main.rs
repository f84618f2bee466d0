//! `sen` as a person or a script meets it: the built program with a home of its own, before servers of this machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
extern crate clinic as sen_clinic;

mod account;
mod account_moves;
mod browser_flow;
mod cli;
#[path = "../../../clinic/tests/counter/mod.rs"]
mod counter;
mod demo;
mod desk;
mod evidence;
mod keyring;
mod online;
#[path = "../sen/mod.rs"]
mod sen;
mod two_way;
mod waiting;

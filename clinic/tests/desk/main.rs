//! The desk: its folders and its file, its calls on either database, its lists, and how they are fetched.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../counter/mod.rs"]
mod counter;
mod desk;
mod desk_limits;
mod desk_lists;
mod desk_postgres;
mod desk_sqlite;
mod fetch;
mod frames;
mod his;
mod provider;
mod suite;

use counter::nation;

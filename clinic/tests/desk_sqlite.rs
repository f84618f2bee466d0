//! The desk on a SQLite file.
mod counter;
mod suite;

use counter::nation::Nation;
use sen_clinic::database::Place;

fn place(nation: &Nation) -> Place {
    counter::file(nation)
}

suite::tests! {}

use std::sync::Barrier;

use super::super::statements::{Row, Value};
use super::super::{Engine, Table};
use super::*;

/// Notes what it is told; may refuse one word of transactions.
#[derive(Clone, Default)]
struct Noting {
    words: Arc<Mutex<Vec<&'static str>>>,
    refuses: Option<&'static str>,
}

impl Statements for Noting {
    fn execute(&self, statement: &'static str, _: &[Value]) -> Result<u64, DatabaseError> {
        self.words.lock().unwrap().push(statement);
        Ok(1)
    }

    fn query(&self, statement: &'static str, _: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        self.execute(statement, &[]).map(|_| Vec::new())
    }
}

impl Engine for Noting {
    fn ready(&self) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn begin(&self) -> Result<(), DatabaseError> {
        self.control(&["BEGIN"])
    }

    fn control(&self, words: &[&'static str]) -> Result<(), DatabaseError> {
        for word in words {
            self.words.lock().unwrap().push(word);
            if self.refuses == Some(word) {
                return Err(DatabaseError::Unreachable);
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> Result<bool, DatabaseError> {
        Ok(true)
    }

    fn has_table(&self, _: &'static str) -> Result<bool, DatabaseError> {
        Ok(false)
    }

    fn make(&self, _: &'static str) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn fill(&self, _: &Table, _: Vec<Vec<Value>>) -> Result<(), DatabaseError> {
        Ok(())
    }
}

fn turns(refuses: Option<&'static str>) -> (Turns, Noting) {
    let engine = Noting { refuses, ..Noting::default() };
    (Turns::new(Box::new(engine.clone())), engine)
}

type Done = Result<(), DatabaseError>;

fn put(statements: &dyn Statements) -> Done {
    statements.execute("PUT", &[]).map(drop)
}

/// A piece that holds the connection until `waiting` others want it, then these.
fn together(
    turns: &Turns,
    first: impl FnOnce(&dyn Statements) -> Done + Send,
    waiting: usize,
) -> (Done, Vec<Done>) {
    let holds = Barrier::new(2);
    std::thread::scope(|threads| {
        let first = threads.spawn(|| {
            turns.change(|statements| {
                holds.wait();
                while turns.waiting.load(Ordering::SeqCst) < waiting {
                    std::thread::yield_now();
                }
                first(statements)
            })
        });
        holds.wait();
        let others: Vec<_> = (0..waiting).map(|_| threads.spawn(|| turns.change(put))).collect();
        let first = first.join().unwrap_or(Err(DatabaseError::Shape));
        (first, others.into_iter().map(|other| other.join().unwrap()).collect())
    })
}

#[test]
fn those_who_wait_share_one_commit() {
    let (turns, engine) = turns(None);
    assert_eq!(together(&turns, put, 2), (Ok(()), vec![Ok(()); 2]));
    assert_eq!(
        *engine.words.lock().unwrap(),
        [
            "BEGIN",
            "PUT",
            "RELEASE piece",
            "SAVEPOINT piece",
            "PUT",
            "RELEASE piece",
            "SAVEPOINT piece",
            "PUT",
            "COMMIT"
        ]
    );
}

#[test]
fn who_is_alone_commits_at_once() {
    let (turns, engine) = turns(None);
    turns.change(put).unwrap();
    turns.change(put).unwrap();
    assert_eq!(*engine.words.lock().unwrap(), ["BEGIN", "PUT", "COMMIT", "BEGIN", "PUT", "COMMIT"]);
}

#[test]
fn what_is_refused_is_undone_and_the_others_are_kept() {
    let (turns, engine) = turns(None);
    let refused = |statements: &dyn Statements| put(statements).and(Err(DatabaseError::Shape));
    assert_eq!(together(&turns, refused, 1), (Err(DatabaseError::Shape), vec![Ok(())]));
    assert_eq!(
        *engine.words.lock().unwrap(),
        ["BEGIN", "PUT", "ROLLBACK TO piece", "RELEASE piece", "SAVEPOINT piece", "PUT", "COMMIT"]
    );
}

#[test]
fn a_commit_that_fails_is_told_to_everybody_in_it() {
    let (turns, engine) = turns(Some("COMMIT"));
    let lost = Err(DatabaseError::Unreachable);
    assert_eq!(together(&turns, put, 3), (lost, vec![lost; 3]));
    assert_eq!(engine.words.lock().unwrap().last(), Some(&"ROLLBACK"));
}

#[test]
fn a_connection_that_is_lost_between_two_pieces_takes_both_with_it() {
    let (turns, engine) = turns(Some("SAVEPOINT piece"));
    let lost = Err(DatabaseError::Unreachable);
    assert_eq!(together(&turns, put, 1), (lost, vec![lost]));
    assert_eq!(
        *engine.words.lock().unwrap(),
        ["BEGIN", "PUT", "RELEASE piece", "SAVEPOINT piece", "ROLLBACK"]
    );
}

#[test]
fn what_cannot_be_undone_keeps_nothing_of_the_others_either() {
    let (turns, engine) = turns(Some("ROLLBACK TO piece"));
    assert_eq!(turns.change(|_| Done::Err(DatabaseError::Shape)), Err(DatabaseError::Unreachable));
    assert_eq!(*engine.words.lock().unwrap(), ["BEGIN", "ROLLBACK TO piece", "ROLLBACK"]);
}

#[test]
fn a_transaction_that_does_not_begin_leaves_the_next_one_alone() {
    let (turns, engine) = turns(Some("BEGIN"));
    assert_eq!(turns.change(put), Err(DatabaseError::Unreachable));
    assert_eq!(turns.change(put), Err(DatabaseError::Unreachable));
    assert_eq!(*engine.words.lock().unwrap(), ["BEGIN", "BEGIN"]);
}

#[test]
fn a_panic_is_undone_and_keeps_nobody_waiting() {
    let (turns, engine) = turns(None);
    let panics = |_: &dyn Statements| -> Done { unreachable!("a fault of the program") };
    assert_eq!(together(&turns, panics, 1), (Err(DatabaseError::Shape), vec![Ok(())]));
    assert_eq!(
        *engine.words.lock().unwrap(),
        ["BEGIN", "ROLLBACK TO piece", "RELEASE piece", "SAVEPOINT piece", "PUT", "COMMIT"]
    );
}

#[test]
fn a_reader_is_told_nothing_that_is_not_durable() {
    let (turns, engine) = turns(None);
    turns.read(|statements| statements.query("GET", &[]).map(drop)).unwrap();
    assert_eq!(*engine.words.lock().unwrap(), ["GET"], "alone it needs no transaction");
    let (failing, _) = self::turns(Some("COMMIT"));
    let holds = Barrier::new(2);
    let read = std::thread::scope(|threads| {
        threads.spawn(|| {
            failing.change(|statements| {
                holds.wait();
                while failing.waiting.load(Ordering::SeqCst) < 1 {
                    std::thread::yield_now();
                }
                put(statements)
            })
        });
        holds.wait();
        failing.read(|statements| statements.query("GET", &[]).map(drop))
    });
    assert_eq!(read, Err(DatabaseError::Unreachable));
}

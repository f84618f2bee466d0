//! One caller at a time. Changes that wait for their turn share one transaction, each whole or not at all, so that a queue of
//! callers costs one flush of the disk; nobody is answered before that flush, not even who only read.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Engine;
use super::statements::{DatabaseError, Statements};

/// So many pieces share one flush at most.
const BATCH: usize = 64;

/// The connection, and who waits for it.
pub(super) struct Turns {
    held: Mutex<Held>,
    waiting: AtomicUsize,
}

/// What one caller at a time holds.
struct Held {
    engine: Box<dyn Engine>,
    /// Who began the transaction that is open, and joined it.
    group: Option<Arc<Group>>,
    pieces: usize,
}

/// Pieces that become durable together.
#[derive(Default)]
struct Group {
    ended: Mutex<Option<Result<(), DatabaseError>>>,
    told: Condvar,
}

impl Group {
    fn end(&self, ended: Result<(), DatabaseError>) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        self.told.notify_all();
    }

    fn wait(&self) -> Result<(), DatabaseError> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *ended {
                Some(ended) => return ended,
                None => ended = self.told.wait(ended).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Turns {
    pub(super) const fn new(engine: Box<dyn Engine>) -> Self {
        Self { held: Mutex::new(Held { engine, group: None, pieces: 0 }), waiting: AtomicUsize::new(0) }
    }

    /// Runs a piece of the transaction that is open, or begins one.
    pub(super) fn change<T, E: From<DatabaseError>>(
        &self,
        piece: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run(self.wait(), piece)
    }

    /// Reads outside of any transaction where none is open. What others changed a moment ago is seen and not told before it is
    /// durable.
    pub(super) fn read<T, E: From<DatabaseError>>(
        &self,
        piece: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        let held = self.wait();
        if held.group.is_some() {
            return self.run(held, piece);
        }
        held.engine.ready()?;
        piece(&*held.engine)
    }

    fn run<T, E: From<DatabaseError>>(
        &self,
        mut held: MutexGuard<'_, Held>,
        piece: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        let begun = if held.group.is_some() {
            held.engine.control(&["SAVEPOINT piece"])
        } else {
            held.engine.begin()?;
            held.group = Some(Arc::default());
            Ok(())
        };
        let mut turn = Turn { held: Some(held), waiting: &self.waiting };
        let done = match (&turn.held, begun) {
            (Some(held), Ok(())) => piece(&*held.engine),
            (_, begun) => {
                return Err(turn.end(begun.map(|()| false)).err().unwrap_or(DatabaseError::Failed).into());
            }
        };
        turn.end(Ok(done.is_ok()))?;
        done
    }

    fn wait(&self) -> MutexGuard<'_, Held> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        held
    }
}

/// A piece that is being run. One that panics is undone, and keeps nobody waiting.
struct Turn<'a> {
    held: Option<MutexGuard<'a, Held>>,
    waiting: &'a AtomicUsize,
}

impl Turn<'_> {
    /// Ends the piece, which is kept or not, or could not even begin; and the transaction with it where nobody waits to join.
    /// Else whoever is next takes care of that.
    fn end(&mut self, keep: Result<bool, DatabaseError>) -> Result<(), DatabaseError> {
        let Some(mut held) = self.held.take() else { return Ok(()) };
        let Some(group) = held.group.clone() else { return Ok(()) };
        held.pieces += 1;
        let mut ended =
            keep.and_then(|keep| if keep { Ok(()) } else { held.engine.control(&["ROLLBACK TO piece"]) });
        if ended.is_ok() && held.pieces < BATCH && self.waiting.load(Ordering::SeqCst) > 0 {
            ended = held.engine.control(&["RELEASE piece"]);
            if ended.is_ok() {
                drop(held);
                return group.wait();
            }
        }
        let ended = ended.and_then(|()| held.engine.control(&["COMMIT"]));
        if ended.is_err() {
            // It may have ended by itself, as on a full disk.
            let _ = held.engine.control(&["ROLLBACK"]);
        }
        (held.group, held.pieces) = (None, 0);
        drop(held);
        group.end(ended);
        ended
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let _ = self.end(Ok(false));
    }
}

#[cfg(test)]
mod tests;

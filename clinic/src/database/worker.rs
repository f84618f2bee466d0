//! A thread of its own for the database. What waits for it at the same time shares one transaction where the database is
//! a file, so that a queue of desks costs one flush of the disk; nothing is answered before that flush.
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use postgres::Config;
use tokio::sync::oneshot;

use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::{DatabaseError, Place, Statements};

/// So many transactions share one flush at most.
const BATCH: usize = 64;
/// So many wait at most. A call that comes then is refused at once; a thread that may wait does.
const WAITING: usize = 1024;
/// How often work is tried when another desk was in its way.
const TRIES: usize = 5;

/// A desk's data. Cloned handles are the same database; the thread ends with the last of them.
#[derive(Clone, Debug)]
pub struct Database {
    work: SyncSender<Box<dyn Work>>,
}

impl Database {
    /// Opens it and makes its tables when absent.
    pub fn open(place: &Place) -> Result<Self, DatabaseError> {
        let mut store = match place {
            Place::File(path) => Store::File(Sqlite::open(path)?),
            Place::Postgres(config) => {
                Store::Postgres(Some(Box::new(Postgres::open(config)?)), config.clone())
            }
        };
        let (work, waiting) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("database".to_owned());
        thread.spawn(move || serve(&mut store, &waiting)).map_err(|_| DatabaseError::Unreachable)?;
        Ok(Self { work })
    }

    /// Runs work in one transaction, and answers when that is durable. The work may be run again where another desk was
    /// in its way.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (pending, answer) = Pending::boxed(work);
        // Full only where the disk has stopped: who comes now is told at once.
        self.work.try_send(pending).map_err(|_| DatabaseError::Unreachable)?;
        answer.await.map_err(|_| DatabaseError::Unreachable)?
    }

    /// The same from a thread that may wait.
    pub fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (pending, answer) = Pending::boxed(work);
        self.work.send(pending).map_err(|_| DatabaseError::Unreachable)?;
        answer.blocking_recv().map_err(|_| DatabaseError::Unreachable)?
    }
}

/// Work whose answer somebody waits for.
trait Work: Send {
    fn run(&mut self, statements: &mut dyn Statements) -> Result<(), DatabaseError>;
    fn finish(self: Box<Self>, ended: Result<(), DatabaseError>);
}

struct Pending<T, F> {
    work: F,
    result: Option<T>,
    answer: oneshot::Sender<Result<T, DatabaseError>>,
}

type Answered<T> = oneshot::Receiver<Result<T, DatabaseError>>;

impl<T, F> Pending<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut dyn Statements) -> Result<T, DatabaseError> + Send + 'static,
{
    fn boxed(work: F) -> (Box<dyn Work>, Answered<T>) {
        let (answer, answered) = oneshot::channel();
        (Box::new(Self { work, result: None, answer }), answered)
    }
}

impl<T: Send, F: FnMut(&mut dyn Statements) -> Result<T, DatabaseError> + Send> Work for Pending<T, F> {
    fn run(&mut self, statements: &mut dyn Statements) -> Result<(), DatabaseError> {
        self.result = None;
        self.result = Some((self.work)(statements)?);
        Ok(())
    }

    fn finish(self: Box<Self>, ended: Result<(), DatabaseError>) {
        let Self { result, answer, .. } = *self;
        // Whoever asked may have gone away; what was done is done.
        let _ = answer.send(ended.and_then(|()| result.ok_or(DatabaseError::Failed)));
    }
}

enum Store {
    File(Sqlite),
    Postgres(Option<Box<Postgres>>, Box<Config>),
}

/// Until the last handle is gone.
fn serve(store: &mut Store, waiting: &Receiver<Box<dyn Work>>) {
    while let Ok(first) = waiting.recv() {
        match store {
            Store::File(file) => {
                let batch = std::iter::once(first).chain(waiting.try_iter()).take(BATCH).collect();
                together(file, batch);
            }
            Store::Postgres(connection, config) => alone(connection, config, first),
        }
    }
}

/// All of it in one transaction, each piece whole or not at all.
fn together(file: &mut Sqlite, mut batch: Vec<Box<dyn Work>>) {
    let mut done = Vec::with_capacity(batch.len());
    let mut transaction = || -> Result<(), DatabaseError> {
        file.begin()?;
        for work in &mut batch {
            file.control("SAVEPOINT piece")?;
            let piece = work.run(file);
            if piece.is_err() {
                file.control("ROLLBACK TO piece")?;
            }
            file.control("RELEASE piece")?;
            done.push(piece);
        }
        file.commit()
    };
    let committed = transaction();
    if committed.is_err() {
        // It may have ended by itself, as on a full disk.
        let _ = file.roll_back();
    }
    let done = done.into_iter().chain(std::iter::repeat(Ok(())));
    for (work, piece) in batch.into_iter().zip(done) {
        work.finish(committed.and(piece));
    }
}

/// One piece of work in a transaction of its own; a lost connection is made anew once.
fn alone(connection: &mut Option<Box<Postgres>>, config: &Config, mut work: Box<dyn Work>) {
    let mut ended = Err(DatabaseError::Unreachable);
    for _ in 0..TRIES {
        ended = attempt(connection, config, work.as_mut());
        match ended {
            Err(DatabaseError::Conflict) => {}
            Err(DatabaseError::Unreachable) if connection.is_none() => break,
            Err(DatabaseError::Unreachable) => *connection = None,
            _ => break,
        }
    }
    work.finish(ended);
}

fn attempt(
    connection: &mut Option<Box<Postgres>>,
    config: &Config,
    work: &mut dyn Work,
) -> Result<(), DatabaseError> {
    if connection.as_ref().is_none_or(|held| held.is_lost()) {
        *connection = None;
        *connection = Some(Box::new(Postgres::open(config)?));
    }
    let database = connection.as_mut().ok_or(DatabaseError::Unreachable)?;
    database.control("BEGIN")?;
    let result = work.run(database.as_mut()).and_then(|()| database.control("COMMIT"));
    if result.is_err() {
        let _ = database.control("ROLLBACK");
    }
    result
}

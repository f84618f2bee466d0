//! A card that is read in as many goes as it takes, on a thread that may block.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use card::{AccessKey, Can, CardReading, KeptFiles, MrzKey, ReadRequest, resume_card};
use trust::random::SystemRandom;

use crate::error::SenError;
use crate::ports::{CardTransport, ListenerFailure, ReadingListener, Way};

/// What opens the chip. One attempt is made with it and no other follows by itself.
#[derive(Clone, uniffi::Enum)]
pub enum CardKey {
    /// The six digits printed on the front.
    Can {
        /// Digits.
        number: String,
    },
    /// The machine-readable zone, its lines as printed.
    Mrz {
        /// Three lines, or two.
        lines: String,
    },
}

/// One card and the challenge that it is to answer.
pub(crate) struct CardRead {
    challenge: [u8; 8],
    /// Held while a reading goes on.
    kept: Mutex<KeptFiles>,
    whole: Mutex<Option<Arc<CardReading>>>,
}

impl CardRead {
    pub(crate) fn answering(challenge: [u8; 8]) -> Arc<Self> {
        Arc::new(Self { challenge, kept: Mutex::default(), whole: Mutex::default() })
    }

    /// The reading, once it came to its end.
    pub(crate) fn whole(&self) -> Option<Arc<CardReading>> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A reading that came another way.
    pub(crate) fn came(&self, reading: CardReading) {
        *self.whole.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(reading));
    }

    /// Reads the card in reach, from where an earlier call broke off.
    pub(crate) async fn read(
        self: Arc<Self>,
        transport: Arc<dyn CardTransport>,
        key: CardKey,
        listener: Arc<dyn ReadingListener>,
    ) -> Result<(), SenError> {
        let key = key.parse()?;
        let abandoned = Abandoned::default();
        let watched =
            Watched { listener, abandoned: Arc::clone(&abandoned.0), failed: AtomicBool::new(false) };
        // Reading blocks for seconds: not on the thread that drives the network.
        let read = tokio::task::spawn_blocking(move || self.read_blocking(transport, &key, &watched));
        read.await.map_err(|_| SenError::bug("card.worker"))?
    }

    fn read_blocking(
        &self,
        transport: Arc<dyn CardTransport>,
        key: &AccessKey,
        watched: &Watched,
    ) -> Result<(), SenError> {
        let mut kept = match self.kept.try_lock() {
            Ok(kept) => kept,
            // An earlier reading that panicked.
            Err(TryLockError::Poisoned(kept)) => kept.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(SenError::not_ready("card.being_read")),
        };
        let request = ReadRequest { active_challenge: Some(self.challenge), ..ReadRequest::default() };
        let mut way = Way::to(transport).map_err(|error| holder::Error::Card(error.into()))?;
        let whole = resume_card(&mut way, key, &request, &mut kept, &mut SystemRandom::new(), watched);
        if watched.failed.load(Ordering::Relaxed) {
            return Err(SenError::bug("card.listener"));
        }
        self.came(whole.map_err(holder::Error::Card)?);
        Ok(())
    }
}

impl CardKey {
    fn parse(&self) -> Result<AccessKey, SenError> {
        let key = match self {
            Self::Can { number } => Can::parse(number).map(AccessKey::Can),
            Self::Mrz { lines } => MrzKey::from_lines(lines).map(AccessKey::Mrz),
        };
        key.map_err(|_| SenError::not_ready("card.access_number"))
    }
}

/// Is set when the call that waits for a reading is cancelled.
#[derive(Default)]
struct Abandoned(Arc<AtomicBool>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Watched {
    listener: Arc<dyn ReadingListener>,
    abandoned: Arc<AtomicBool>,
    /// The listener threw: the reading ends before the next command.
    failed: AtomicBool,
}

impl Watched {
    /// What the listener says; nothing where it threw.
    fn heard<T>(&self, said: Result<T, ListenerFailure>) -> Option<T> {
        if said.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        said.ok()
    }
}

impl card::ProgressListener for Watched {
    fn step(&self, step: card::ReadStep) {
        if !self.abandoned.load(Ordering::Relaxed) && !self.failed.load(Ordering::Relaxed) {
            self.heard(self.listener.step(step.into()));
        }
    }

    fn cancelled(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
            || self.failed.load(Ordering::Relaxed)
            || self.heard(self.listener.cancelled()).unwrap_or(true)
    }
}

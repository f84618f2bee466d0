//! A disk that forgets what was not synced when the power goes: a write or a new, changed or deleted name is there for certain
//! only once its file or folder was synced. What is done to a folder is taken down; afterwards the folder can be had as any power
//! cut would have left it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::disk::private_file::{Disk, OwnDisk};
use super::watched_files::{Effect, Fate as WriteFate, Watcher, watch};

/// One thing that was done to the disk, or that somebody was told.
enum Event<T> {
    Create(PathBuf),
    Write { file: PathBuf, offset: usize, bytes: Vec<u8> },
    Truncate { file: PathBuf, size: usize },
    Sync(PathBuf),
    Rename { from: PathBuf, to: PathBuf },
    Remove(PathBuf),
    SyncFolder(PathBuf),
    Told(T),
}

/// A folder of which everything is taken down.
pub struct LossyDisk<T> {
    folder: PathBuf,
    before: Files,
    events: Mutex<Vec<Event<T>>>,
}

/// The files of a folder, by their names in it.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Puts them into a folder.
pub fn lay_out(files: &Files, folder: &Path) {
    for (name, content) in files {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
}

/// What becomes of a change that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Lost,
    /// Half of what was written is kept.
    Torn,
}

/// Who is told of SQLite's writes: the disk whose folder they are in.
trait Taking: Send + Sync {
    fn folder(&self) -> &Path;
    fn take(&self, file: &Path, effect: Effect<'_>);
}

static DISKS: Mutex<Vec<Arc<dyn Taking>>> = Mutex::new(Vec::new());

struct ToEachDisk;

impl Watcher for ToEachDisk {
    fn before(&self, file: &Path, effect: Effect<'_>) -> WriteFate {
        let disks = DISKS.lock().unwrap();
        if let Some(disk) = disks.iter().find(|disk| file.starts_with(disk.folder())) {
            disk.take(file, effect);
        }
        WriteFate::Whole
    }
}

impl<T: Send + 'static> LossyDisk<T> {
    /// Takes down from now on what becomes of this folder; what is in it by now is on the disk.
    pub fn under(folder: &Path) -> Arc<Self> {
        let folder = folder.canonicalize().unwrap();
        let before = files_of(&folder);
        let disk = Arc::new(Self { folder, before, events: Mutex::default() });
        DISKS.lock().unwrap().push(disk.clone());
        watch(&ToEachDisk);
        disk
    }

    /// Notes that somebody was told this: it counts on what came before.
    pub fn told(&self, what: T) {
        self.note(Event::Told(what));
    }

    /// The moments of what was taken down so far.
    pub fn moments(&self) -> Moments<T> {
        let events = std::mem::take(&mut *self.events.lock().unwrap());
        let moment = Moment { number: 0, told: Vec::new(), disk: State::of(&self.before) };
        Moments { events: events.into_iter(), about_to_sync: None, is_over: false, moment }
    }

    fn note(&self, event: Event<T>) {
        self.events.lock().unwrap().push(event);
    }

    fn name(&self, file: &Path) -> PathBuf {
        file.canonicalize().as_deref().unwrap_or(file).strip_prefix(&self.folder).unwrap_or(file).to_owned()
    }
}

impl<T: Send + 'static> Taking for LossyDisk<T> {
    fn folder(&self) -> &Path {
        &self.folder
    }

    fn take(&self, file: &Path, effect: Effect<'_>) {
        let file = self.name(file);
        self.note(match effect {
            Effect::Create => Event::Create(file),
            Effect::Write { offset, bytes } => Event::Write { file, offset, bytes: bytes.to_vec() },
            Effect::Truncate(size) => Event::Truncate { file, size },
            Effect::Sync => Event::Sync(file),
            Effect::Remove => Event::Remove(file),
            Effect::SyncFolder => Event::SyncFolder(file.parent().unwrap().to_owned()),
        });
    }
}

impl<T: Send + 'static> Disk for LossyDisk<T> {
    fn write(&self, file: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let existed = file.exists();
        OwnDisk.write(file, bytes)?;
        let file = self.name(file);
        self.note(if existed {
            Event::Truncate { file: file.clone(), size: 0 }
        } else {
            Event::Create(file.clone())
        });
        self.note(Event::Write { file, offset: 0, bytes: bytes.to_vec() });
        Ok(())
    }

    fn sync(&self, file: &Path) -> std::io::Result<()> {
        self.note(Event::Sync(self.name(file)));
        OwnDisk.sync(file)
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        let name = self.name(from);
        OwnDisk.rename(from, to)?;
        self.note(Event::Rename { from: name, to: self.name(to) });
        Ok(())
    }

    fn remove(&self, file: &Path) -> std::io::Result<()> {
        let name = self.name(file);
        OwnDisk.remove(file)?;
        self.note(Event::Remove(name));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> std::io::Result<()> {
        self.note(Event::SyncFolder(self.name(folder)));
        OwnDisk.sync_folder(folder)
    }
}

/// The moments before each sync, and the last one: whatever is lost between two of them can be lost at the second one, too.
pub struct Moments<T> {
    events: std::vec::IntoIter<Event<T>>,
    about_to_sync: Option<Event<T>>,
    is_over: bool,
    moment: Moment<T>,
}

impl<T> Moments<T> {
    /// Goes on to the next one.
    pub fn go_on(&mut self) -> Option<&Moment<T>> {
        if let Some(sync) = self.about_to_sync.take() {
            self.moment.pass(sync);
        }
        for event in self.events.by_ref() {
            if matches!(event, Event::Sync(_) | Event::SyncFolder(_)) {
                self.about_to_sync = Some(event);
                return Some(&self.moment);
            }
            self.moment.pass(event);
        }
        (!std::mem::replace(&mut self.is_over, true)).then_some(&self.moment)
    }
}

/// A moment at which the power may go.
pub struct Moment<T> {
    pub number: usize,
    /// What was told until now.
    pub told: Vec<T>,
    disk: State,
}

impl<T> Moment<T> {
    /// The files as a power cut may leave them: with none of what was not synced, with all of it, and with parts of it by lot.
    pub fn outcomes(&self) -> Vec<(String, Files)> {
        let mut outcomes = vec![
            ("nothing kept".to_owned(), self.disk.after_cut(|| Fate::Lost)),
            ("all kept".to_owned(), self.disk.after_cut(|| Fate::Kept)),
        ];
        for lot in 0..12 {
            let mut state = u64::try_from(self.number * 12 + lot).unwrap();
            let files = self.disk.after_cut(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                [Fate::Kept, Fate::Kept, Fate::Lost, Fate::Lost, Fate::Torn]
                    [usize::try_from((state >> 33) % 5).unwrap()]
            });
            outcomes.push((format!("lot {lot}"), files));
        }
        outcomes
    }

    fn pass(&mut self, event: Event<T>) {
        self.number += 1;
        match event {
            Event::Told(what) => self.told.push(what),
            event => self.disk.take(&event),
        }
    }
}

/// The disk at a moment. A file is what its names lead to; it may have lost all of them and be open still.
struct State {
    contents: Vec<Content>,
    /// Where names lead that the running system sees, and those that are on the disk.
    seen: BTreeMap<PathBuf, usize>,
    kept: BTreeMap<PathBuf, usize>,
    namings: Vec<Naming>,
}

#[derive(Default)]
struct Content {
    kept: Vec<u8>,
    changes: Vec<Change>,
}

enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

/// A change of a folder's names that is not on the disk yet.
#[derive(Clone)]
enum Naming {
    Create(PathBuf, usize),
    Rename { from: PathBuf, to: PathBuf, content: usize },
    Remove(PathBuf),
}

impl State {
    fn of(files: &Files) -> Self {
        let contents =
            files.values().map(|kept| Content { kept: kept.clone(), changes: Vec::new() }).collect();
        let kept: BTreeMap<PathBuf, usize> = files.keys().cloned().zip(0..).collect();
        Self { contents, seen: kept.clone(), kept, namings: Vec::new() }
    }

    fn take<T>(&mut self, event: &Event<T>) {
        match event {
            Event::Create(file) => {
                self.contents.push(Content::default());
                self.name(Naming::Create(file.clone(), self.contents.len() - 1));
            }
            Event::Write { file, offset, bytes } => {
                self.change(file, Change::Write { offset: *offset, bytes: bytes.clone() });
            }
            Event::Truncate { file, size } => self.change(file, Change::Truncate(*size)),
            Event::Sync(file) => self.contents[self.seen[file]].sync(),
            Event::Rename { from, to } => {
                let content = self.seen[from];
                self.name(Naming::Rename { from: from.clone(), to: to.clone(), content });
            }
            Event::Remove(file) => self.name(Naming::Remove(file.clone())),
            Event::SyncFolder(folder) => {
                for naming in std::mem::take(&mut self.namings) {
                    if naming.folder() == folder {
                        naming.apply(&mut self.kept);
                    } else {
                        self.namings.push(naming);
                    }
                }
            }
            Event::Told(_) => {}
        }
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.seen);
        self.namings.push(naming);
    }

    fn change(&mut self, file: &Path, change: Change) {
        self.contents[self.seen[file]].changes.push(change);
    }

    fn after_cut(&self, mut fate: impl FnMut() -> Fate) -> Files {
        let mut names = self.kept.clone();
        for naming in &self.namings {
            if fate() != Fate::Lost {
                naming.apply(&mut names);
            }
        }
        let left: Vec<Vec<u8>> = self.contents.iter().map(|content| content.after_cut(&mut fate)).collect();
        names.into_iter().map(|(name, content)| (name, left[content].clone())).collect()
    }
}

impl Content {
    fn sync(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        for change in &changes {
            change.apply(&mut self.kept, Fate::Kept);
        }
    }

    fn after_cut(&self, mut fate: impl FnMut() -> Fate) -> Vec<u8> {
        let mut left = self.kept.clone();
        self.changes.iter().for_each(|change| change.apply(&mut left, fate()));
        left
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>, fate: Fate) {
        match (self, fate) {
            (_, Fate::Lost) => {}
            (Self::Truncate(size), _) => content.resize(*size, 0),
            (Self::Write { offset, bytes }, fate) => {
                let bytes = if fate == Fate::Torn { &bytes[..bytes.len() / 2] } else { bytes };
                let end = offset + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(bytes);
            }
        }
    }
}

impl Naming {
    fn folder(&self) -> &Path {
        let (Self::Create(name, _) | Self::Rename { to: name, .. } | Self::Remove(name)) = self;
        name.parent().unwrap()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Create(name, content) => {
                names.insert(name.clone(), *content);
            }
            Self::Rename { from, to, content } => {
                names.remove(from);
                names.insert(to.clone(), *content);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

fn files_of(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().to_owned();
                files.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

//! SQLite's way to its files, with a watcher beside it who is told of each effect before it takes place.
//!
//! It stands before the system's own file system, which does all the work. SQLite's interface for that is one of C pointers.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::mem::transmute;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use rusqlite::ffi::{
    SQLITE_OK, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_syscall_ptr, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};

/// What is about to happen to a database, its journal or its log.
#[derive(Debug, Clone, Copy)]
pub enum Effect<'a> {
    Create,
    Write {
        offset: usize,
        bytes: &'a [u8],
    },
    Truncate(usize),
    Sync,
    Remove,
    /// The folder that the file is in is written to the disk.
    SyncFolder,
}

/// How far a write comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Whole,
    /// Half of it is written, then the process ends.
    Half,
}

/// Is told of each effect before it takes place.
pub trait Watcher: Sync {
    fn before(&self, file: &Path, effect: Effect<'_>) -> Fate;
}

const NAME: &CStr = c"watched";
const OPEN_FOLDER: &CStr = c"openDirectory";
static WATCHER: OnceLock<&'static dyn Watcher> = OnceLock::new();
static SYSTEM: AtomicPtr<sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());
static FOLDER_BELOW: OnceLock<OpenFolder> = OnceLock::new();

type OpenFolder = unsafe extern "C" fn(*const c_char, *mut c_int) -> c_int;

/// The methods of an open file, those that they stand before, and its name.
#[repr(C)]
struct Methods {
    ours: sqlite3_io_methods,
    below: *const sqlite3_io_methods,
    file: PathBuf,
}

/// From here on this watcher is told of every database that this process opens. The first one stays.
pub fn watch(watcher: &'static dyn Watcher) {
    WATCHER.get_or_init(|| {
        // SAFETY: the system's description lives as long as the process, and so does the leaked copy of it that is registered.
        // What stands under the folder's name has that type (os_unix.c).
        unsafe {
            let system = sqlite3_vfs_find(ptr::null());
            SYSTEM.store(system, Ordering::SeqCst);
            let below = (*system).xGetSystemCall.unwrap()(system, OPEN_FOLDER.as_ptr());
            FOLDER_BELOW.get_or_init(|| transmute::<sqlite3_syscall_ptr, OpenFolder>(below));
            let ours = transmute::<OpenFolder, sqlite3_syscall_ptr>(open_folder);
            assert_eq!((*system).xSetSystemCall.unwrap()(system, OPEN_FOLDER.as_ptr(), ours), SQLITE_OK);
            let mut ours = *system;
            ours.zName = NAME.as_ptr();
            ours.pNext = ptr::null_mut();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            assert_eq!(sqlite3_vfs_register(Box::leak(Box::new(ours)), 1), SQLITE_OK);
        }
        watcher
    });
}

fn before(file: &Path, effect: Effect<'_>) -> Fate {
    WATCHER.get().map_or(Fate::Whole, |watcher| watcher.before(file, effect))
}

fn system() -> *mut sqlite3_vfs {
    SYSTEM.load(Ordering::SeqCst)
}

// SAFETY of all below: SQLite calls them with names that end with a zero, with a file that `open` opened, and with what the methods
// below us expect.

unsafe fn path<'a>(name: *const c_char) -> &'a Path {
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

unsafe fn methods<'a>(file: *mut sqlite3_file) -> &'a Methods {
    unsafe { &*(*file).pMethods.cast::<Methods>() }
}

unsafe fn below<'a>(file: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    unsafe { &*methods(file).below }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    given: *mut c_int,
) -> c_int {
    unsafe {
        // What has no name is nobody's after this process.
        let path = if name.is_null() { None } else { Some(path(name)) };
        let is_new = path.filter(|path| !path.exists());
        let code = (*system()).xOpen.unwrap()(system(), name, file, flags, given);
        if let Some(path) = path.filter(|_| !(*file).pMethods.is_null()) {
            if is_new.is_some_and(Path::exists) {
                before(path, Effect::Create);
            }
            let below = (*file).pMethods;
            let mut ours = *below;
            ours.xWrite = Some(write);
            ours.xTruncate = Some(truncate);
            ours.xSync = Some(sync);
            let methods = Methods { ours, below, file: path.to_owned() };
            (*file).pMethods = ptr::from_ref(Box::leak(Box::new(methods))).cast();
        }
        code
    }
}

unsafe extern "C" fn open_folder(name: *const c_char, folder: *mut c_int) -> c_int {
    unsafe {
        // Opened for nothing else than to be written to the disk.
        before(path(name), Effect::SyncFolder);
        FOLDER_BELOW.get().unwrap()(name, folder)
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, durable: c_int) -> c_int {
    unsafe {
        before(path(name), Effect::Remove);
        (*system()).xDelete.unwrap()(system(), name, durable)
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    offset: sqlite3_int64,
) -> c_int {
    unsafe {
        let write = below(file).xWrite.unwrap();
        let written = std::slice::from_raw_parts(bytes.cast(), amount.try_into().unwrap());
        let effect = Effect::Write { offset: offset.try_into().unwrap(), bytes: written };
        if before(&methods(file).file, effect) == Fate::Half {
            write(file, bytes, amount / 2, offset);
            std::process::abort();
        }
        write(file, bytes, amount, offset)
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    unsafe {
        before(&methods(file).file, Effect::Truncate(size.try_into().unwrap()));
        below(file).xTruncate.unwrap()(file, size)
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    unsafe {
        before(&methods(file).file, Effect::Sync);
        below(file).xSync.unwrap()(file, flags)
    }
}

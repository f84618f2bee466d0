//! A file system under SQLite that ends the process inside the store's own writing, as `kill -9` does: before a write, with half
//! of its bytes written, and around each sync, truncation and deletion of the database, its journal and its log.
//!
//! It stands before the system's own file system, which does all the work. SQLite's interface for that is one of C pointers.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

use rusqlite::ffi::{
    SQLITE_OK, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find,
    sqlite3_vfs_register,
};

const NAME: &CStr = c"torn";
static MOMENTS_LEFT: AtomicI64 = AtomicI64::new(-1);
static SYSTEM: AtomicPtr<sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

/// The methods of an open file, and those that they stand before.
#[repr(C)]
struct Methods {
    ours: sqlite3_io_methods,
    below: *const sqlite3_io_methods,
}

/// From here on every database that this process opens is written through us, and the process ends at the moment numbered `at`;
/// never, where that is negative.
pub fn tear(at: i64) {
    static ONCE: OnceLock<()> = OnceLock::new();
    MOMENTS_LEFT.store(at, Ordering::SeqCst);
    ONCE.get_or_init(|| {
        // SAFETY: the system's description lives as long as the process, and so does the leaked copy of it that is registered.
        unsafe {
            let system = sqlite3_vfs_find(ptr::null());
            SYSTEM.store(system, Ordering::SeqCst);
            let mut ours = *system;
            ours.zName = NAME.as_ptr();
            ours.pNext = ptr::null_mut();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            assert_eq!(sqlite3_vfs_register(Box::leak(Box::new(ours)), 1), SQLITE_OK);
        }
    });
}

fn is_over() -> bool {
    MOMENTS_LEFT.fetch_sub(1, Ordering::SeqCst) == 0
}

fn pass() {
    if is_over() {
        std::process::abort();
    }
}

fn system() -> *mut sqlite3_vfs {
    SYSTEM.load(Ordering::SeqCst)
}

// SAFETY of all below: SQLite calls them with a file that `open` opened, and with what the methods below us expect.

unsafe fn below<'a>(file: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    unsafe { &*(*(*file).pMethods.cast::<Methods>()).below }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    given: *mut c_int,
) -> c_int {
    unsafe {
        let code = (*system()).xOpen.unwrap()(system(), name, file, flags, given);
        if !(*file).pMethods.is_null() {
            let below = (*file).pMethods;
            let mut ours = *below;
            ours.xWrite = Some(write);
            ours.xTruncate = Some(truncate);
            ours.xSync = Some(sync);
            (*file).pMethods = ptr::from_ref(Box::leak(Box::new(Methods { ours, below }))).cast();
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, durable: c_int) -> c_int {
    pass();
    unsafe { (*system()).xDelete.unwrap()(system(), name, durable) }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    offset: sqlite3_int64,
) -> c_int {
    pass();
    unsafe {
        let write = below(file).xWrite.unwrap();
        if is_over() {
            write(file, bytes, amount / 2, offset);
            std::process::abort();
        }
        write(file, bytes, amount, offset)
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    pass();
    unsafe { below(file).xTruncate.unwrap()(file, size) }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    pass();
    unsafe { below(file).xSync.unwrap()(file, flags) }
}

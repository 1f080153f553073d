//! Whose files are in a folder: each process has a name in it, and a lock on a file of that name until it ends.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// What this process has locked. Another descriptor of a file would end its lock when it is closed.
static HELD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// When the process named its first journal, in microseconds since 1970, and its id: a fork is another one.
static FIRST: AtomicU64 = AtomicU64::new(0);
static FIRST_OF: AtomicU32 = AtomicU32::new(0);

fn held() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name in a folder that is locked until this is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct Owner {
    /// The path of the files, without their extensions.
    pub(crate) stem: PathBuf,
    file: Mutex<Option<File>>,
    pub(crate) process: u32,
}

impl Owner {
    /// A new name in a folder.
    pub(crate) fn create(folder: &Path) -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = u64::try_from(now.unwrap_or_default().as_micros()).unwrap_or_default();
        let id = process::id();
        if FIRST_OF.load(Ordering::Acquire) != id {
            FIRST.store(now, Ordering::Relaxed);
            // Behind the time, which another thread reads once it sees the id.
            FIRST_OF.store(id, Ordering::Release);
        }
        let first = FIRST.load(Ordering::Relaxed);
        // Within a microsecond, and in another namespace of processes, a name may be taken. Who looks for ended processes
        // may lock it first, and remove it.
        for attempt in 0..100 {
            let stem = folder.join(format!("{first:016x}-{id}-{:016x}", now + attempt));
            match Self::open(stem, private().create_new(true), false) {
                Ok(Some(owner)) => return Ok(owner),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Locks the name of a process that has ended. `None` if it has not, or if another one was faster. If its files
    /// `stay`, others may read them, too.
    pub(crate) fn adopt(stem: PathBuf, stay: bool) -> io::Result<Option<Self>> {
        match Self::open(stem, &existing(stay), stay) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            // Another process has it open, which is the lock there.
            #[cfg(windows)]
            Err(error) if error.raw_os_error() == Some(32) => Ok(None),
            adopted => adopted,
        }
    }

    fn open(stem: PathBuf, options: &OpenOptions, is_shared: bool) -> io::Result<Option<Self>> {
        let mut held = held();
        if held.contains(&stem) {
            return Ok(None);
        }
        let file = open(&lock_of(&stem), options)?;
        if !lock(&file, is_shared)? {
            return Ok(None);
        }
        held.insert(stem.clone());
        Ok(Some(Self { stem, file: Mutex::new(Some(file)), process: process::id() }))
    }

    /// Whether this process has the lock, and not the one of which it is a fork.
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.process == process::id()
    }

    /// Notes that the process is alive.
    pub(crate) fn note_alive(&self) {
        if let Some(file) = &*self.file() {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// Whether the file is not in the folder any more.
    pub(crate) fn is_removed(&self) -> bool {
        self.file().as_ref().is_some_and(is_removed)
    }

    /// Locks the name again, whose file was removed.
    pub(crate) fn restore(&self) -> io::Result<()> {
        let file = open(&self.lock(), private().create_new(true))?;
        if !lock(&file, false)? {
            // Who looks for ended processes was faster, and removes it.
            return Err(io::ErrorKind::WouldBlock.into());
        }
        *self.file() = Some(file);
        Ok(())
    }

    fn file(&self) -> MutexGuard<'_, Option<File>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the lock, so that another one may take over what is left, also in this process.
    pub(crate) fn release(&self) {
        let mut held = held();
        drop(self.file().take());
        held.remove(&self.stem);
    }

    fn name(&self) -> &OsStr {
        self.stem.file_name().unwrap_or_default()
    }

    fn extension(&self) -> OsString {
        let mut extension = self.name().to_owned();
        extension.push(".journal");
        extension
    }

    /// The path of records that this process writes. Such paths are in the order of what they contain.
    pub(crate) fn records(&self, which: &str) -> PathBuf {
        let mut extension = OsString::from(which);
        extension.push(".");
        extension.push(self.extension());
        self.stem.with_extension(extension)
    }

    /// The path of records of another process once they belong to this one.
    pub(crate) fn adopted(&self, records: &Path) -> PathBuf {
        records.with_extension("").with_extension(self.extension())
    }

    /// The path of the open spans of the process.
    pub(crate) fn spans(&self) -> PathBuf {
        self.stem.with_extension("spans")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        lock_of(&self.stem)
    }

    /// Removes the file, which is the last one of the name.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_file(self.lock());
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // In a fork, a thread that does not exist may have locked the list.
        if self.is_of_this_process() {
            self.release();
        }
    }
}

pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension() == Some(OsStr::new(extension))
}

pub(crate) fn is_records(path: &Path) -> bool {
    has_extension(path, "journal")
}

/// A lock has a name without another dot.
pub(crate) fn is_lock(path: &Path) -> bool {
    has_extension(path, "lock") && path.with_extension("").extension().is_none()
}

/// The process that has written records, `PROCESS.NUMBER.OWNER.journal`.
pub(crate) fn writer_of(records: &Path) -> PathBuf {
    let of_owner = records.with_extension("").with_extension("");
    of_owner.with_extension("")
}

/// What the names of a process have in common, of one of its names or its locks.
pub(crate) fn process_of(name: &Path) -> PathBuf {
    let stem = name.with_extension("").to_string_lossy().into_owned();
    stem.rsplit_once('-').map_or(stem.clone(), |(process, _)| process.to_owned()).into()
}

/// The lock of the process that has records, or open spans, `OWNER.spans`.
pub(crate) fn lock_for(path: &Path) -> PathBuf {
    let stem = path.with_extension("");
    let owner = stem.extension().or(stem.file_name());
    lock_of(&path.with_file_name(owner.unwrap_or_default()))
}

fn lock_of(stem: &Path) -> PathBuf {
    stem.with_extension("lock")
}

/// How files are opened that their user alone can read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        // A link may lead to a file of the program, whose locks would end, and a pipe may wait for its other end.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    // Not shared, which is the lock, but for its removal.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 4);
    options
}

/// How files of an ended process are opened, to be read alone if they `stay`.
pub(crate) fn existing(stay: bool) -> OpenOptions {
    let mut options = private();
    options.write(!stay);
    options
}

/// Opens a file, and nothing else that may have its name.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        let message = "expected a file, found something else";
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

/// A lock of the process: a fork does not inherit it. `false` if another one has it, or the file is removed.
#[cfg(unix)]
fn lock(file: &File, is_shared: bool) -> io::Result<bool> {
    use rustix::fs::{FlockOperation, fcntl_lock};
    use rustix::io::Errno;

    let operation = if is_shared {
        FlockOperation::NonBlockingLockShared
    } else {
        FlockOperation::NonBlockingLockExclusive
    };
    match fcntl_lock(file, operation) {
        Ok(()) => Ok(!is_removed(file)),
        Err(Errno::AGAIN | Errno::ACCESS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn lock(_: &File, _: bool) -> io::Result<bool> {
    Ok(true)
}

/// Whether a file that is open has no name any more. If that is not known, it has.
#[cfg(unix)]
pub(crate) fn is_removed(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
}

#[cfg(not(unix))]
pub(crate) fn is_removed(_: &File) -> bool {
    false
}

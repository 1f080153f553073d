//! Whose files are in a folder: each process has a name in it, and a lock on a file of that name until it ends.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What this process has locked. Another descriptor of a file would end its lock when it is closed.
static HELD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn held() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name in a folder that is locked until this is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct Owner {
    /// The path of the files, without their extensions.
    pub(crate) stem: PathBuf,
    file: Option<File>,
}

impl Owner {
    /// Creates the file and locks it.
    pub(crate) fn create(stem: PathBuf) -> io::Result<Self> {
        let mut options = private();
        options.create_new(true);
        Self::open(stem, &options)?.ok_or_else(|| io::ErrorKind::ResourceBusy.into())
    }

    /// Locks the files of a process that has ended. `None` if it has not.
    pub(crate) fn adopt(stem: PathBuf) -> io::Result<Option<Self>> {
        Self::open(stem, &private())
    }

    fn open(stem: PathBuf, options: &OpenOptions) -> io::Result<Option<Self>> {
        let mut held = held();
        if held.contains(&stem) {
            return Ok(None);
        }
        let file = options.open(Self::lock_of(&stem))?;
        if !lock(&file)? {
            return Ok(None);
        }
        held.insert(stem.clone());
        Ok(Some(Self {
            stem,
            file: Some(file),
        }))
    }

    fn lock_of(stem: &Path) -> PathBuf {
        stem.with_extension("lock")
    }

    /// Removes the file, which was the last one of the name.
    pub(crate) fn remove(&self) {
        let _ = std::fs::remove_file(Self::lock_of(&self.stem));
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut held = held();
        drop(self.file.take());
        held.remove(&self.stem);
    }
}

/// How files are opened that their user alone can read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Not shared, which is the lock.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0);
    options
}

/// A lock of the process: a fork does not inherit it.
#[cfg(unix)]
fn lock(file: &File) -> io::Result<bool> {
    use rustix::fs::{FlockOperation, fcntl_lock};
    use rustix::io::Errno;

    match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::AGAIN | Errno::ACCESS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn lock(_: &File) -> io::Result<bool> {
    Ok(true)
}

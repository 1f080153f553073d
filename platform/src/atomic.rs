//! Atomic and durable replacement of files: a file is written as a draft beside its target, synchronized to
//! the disk and then renamed.
//!
//! A draft has a random name and a lock file. Runs therefore never share a draft, also if they have equal
//! process ids in different containers, and a draft whose lock is free was left behind by a run that was
//! killed. The next writer of the same target removes it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::confine;
use crate::error::Error;

/// The suffix of a draft.
const DRAFT: &str = ".floe-draft";

/// The suffix of the lock file of a draft.
const LOCK: &str = ".floe-lock";

/// The number of random characters in the names of both.
const RANDOM: usize = 12;

/// The number of random names that are tried.
const ATTEMPTS: usize = 16;

/// Who may read a new file. A file that is replaced keeps its permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The owner: files with the data of a product.
    Private,
    /// Everybody, within the umask: files without data and without credentials.
    Public,
}

/// The paths of this process's drafts, which [`abandon`] removes.
static DRAFTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file under a temporary name. [`Draft::publish`] renames it; dropping the draft removes it.
#[derive(Debug)]
pub(crate) struct Draft {
    target: PathBuf,
    path: PathBuf,
    /// Locked as long as the draft exists. Not the draft itself: SQLite locks that, and on some file systems
    /// the two kinds of locks exclude each other.
    _lock: NamedTempFile,
}

impl Draft {
    /// Creates an empty draft beside `target`, and the folder if necessary. Removes the drafts of killed runs.
    ///
    /// A target that exists is a regular file. The folder is not checked: see [`write_below`].
    pub(crate) fn new(target: &Path, access: Access) -> Result<Self, Error> {
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let name = target.file_name().unwrap_or_default();
        confine::check_file(folder, Path::new(name))?;
        create_folder(folder)?;
        remove_leftovers(folder, name);
        let created = create(folder, name, target, access);
        let (path, lock) = created.map_err(Error::io("write", target))?;
        drafts().push(path.clone());
        Ok(Self {
            target: target.to_path_buf(),
            path,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Renames the file to its target, replacing an existing file.
    pub(crate) fn publish(self) -> Result<(), Error> {
        let target = self.target.clone();
        self.publish_as(&target)
    }

    /// Renames the file to another name in the same folder. Afterwards the file survives a power failure.
    pub(crate) fn publish_as(self, target: &Path) -> Result<(), Error> {
        let file = OpenOptions::new().write(true).open(&self.path);
        file.and_then(|file| file.sync_all())
            .and_then(|()| self.rename(target))
            .and_then(|()| sync_folder(target))
            .map_err(Error::io("write", target))
    }

    fn rename(&self, target: &Path) -> io::Result<()> {
        // Under the lock: `abandon` sees either a draft or a published file.
        let mut drafts = drafts();
        fs::rename(&self.path, target)?;
        drafts.retain(|path| *path != self.path);
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let mut drafts = drafts();
        let count = drafts.len();
        drafts.retain(|path| *path != self.path);
        if drafts.len() < count {
            // An error cannot be reported here; the next run tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Replaces `target` with the output of `contents`.
pub(crate) fn write(
    target: &Path,
    access: Access,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let draft = Draft::new(target, access)?;
    let output = OpenOptions::new().write(true).open(draft.path());
    let mut writer = BufWriter::new(output.map_err(Error::io("write", target))?);
    contents(&mut writer)
        .and_then(|()| writer.flush())
        .map_err(Error::io("write", target))?;
    draft.publish()
}

/// Replaces a file below `folder`, to which no symbolic link leads.
pub(crate) fn write_below(
    folder: &Path,
    inner: &Path,
    access: Access,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    confine::check_file(folder, inner)?;
    write(&folder.join(inner), access, contents)
}

/// Removes a file if it exists.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Removes the drafts of this process, for an end of the process that does not drop them. Never waits: a
/// draft that is being renamed is left to the next run.
pub(crate) fn abandon() {
    if let Ok(drafts) = DRAFTS.try_lock() {
        for path in drafts.iter() {
            let _ = fs::remove_file(path);
            let _ = fs::remove_file(lock_of(path));
        }
    }
}

fn drafts() -> MutexGuard<'static, Vec<PathBuf>> {
    DRAFTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn create_folder(folder: &Path) -> Result<(), Error> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|path| *path != Path::new("") && !path.is_dir())
        .collect();
    // Each name survives a power failure, also those of the folders in between.
    for folder in missing.into_iter().rev() {
        create_one(folder)
            .and_then(|()| sync_folder(folder))
            .map_err(Error::io("create the folder", folder))?;
    }
    Ok(())
}

/// Creates a folder, unless another run has.
fn create_one(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(_) if folder.is_dir() => Ok(()),
        created => created,
    }
}

/// Creates a draft and its lock.
fn create(
    folder: &Path,
    name: &OsStr,
    target: &Path,
    access: Access,
) -> io::Result<(PathBuf, NamedTempFile)> {
    for _ in 0..ATTEMPTS {
        let lock = tempfile::Builder::new()
            .prefix(&prefix(name))
            .suffix(LOCK)
            .rand_bytes(RANDOM)
            .tempfile_in(folder)?;
        // A file system without locks has no leftovers that could be distinguished from live drafts.
        let is_free = !matches!(lock.as_file().try_lock(), Err(fs::TryLockError::WouldBlock));
        // Another run may have taken the lock file for a leftover before it was locked.
        if !is_free || !lock.path().exists() {
            continue;
        }
        let path = draft_of(lock.path());
        match create_file(&path, target, access) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|()| (path, lock)),
        }
    }
    let message = "no name for a temporary file is free";
    Err(io::Error::new(io::ErrorKind::AlreadyExists, message))
}

fn create_file(path: &Path, target: &Path, access: Access) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        options.mode(match access {
            Access::Private => 0o600,
            Access::Public => 0o644,
        });
    }
    #[cfg(not(unix))]
    let _ = access;
    let file = options.open(path)?;
    match fs::symlink_metadata(target) {
        // Not all file systems have permissions.
        Ok(replaced) if replaced.is_file() => _ = file.set_permissions(replaced.permissions()),
        _ => {}
    }
    Ok(())
}

/// Removes the drafts of this target whose lock is free. A failure is not an error: the draft of another user,
/// for example, cannot be removed.
fn remove_leftovers(folder: &Path, name: &OsStr) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if !is_lock(&path, name) {
            continue;
        }
        // An exclusive lock needs write access on network file systems.
        let lock = Path::new(path.file_name().unwrap_or_default());
        let Ok(lock) = confine::open(folder, lock, File::options().write(true)) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            // The lock file is removed last: without it, the draft would never be found again.
            if remove(&draft_of(&path)).is_ok() {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// Whether the path is `.<name>.<random>.floe-lock`.
fn is_lock(path: &Path, name: &OsStr) -> bool {
    let file = path.file_name().unwrap_or_default().as_encoded_bytes();
    let random = file
        .strip_prefix(prefix(name).as_encoded_bytes())
        .and_then(|rest| rest.strip_suffix(LOCK.as_bytes()));
    random.is_some_and(|it| it.len() == RANDOM && it.iter().all(u8::is_ascii_alphanumeric))
}

fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

fn draft_of(lock: &Path) -> PathBuf {
    // The lock's extension is its suffix, because the random part has no dot.
    lock.with_extension(DRAFT.trim_start_matches('.'))
}

fn lock_of(draft: &Path) -> PathBuf {
    draft.with_extension(LOCK.trim_start_matches('.'))
}

/// Synchronizes the folder of a file, which contains its name.
#[cfg(unix)]
fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    match File::open(folder)?.sync_all() {
        // Some file systems cannot synchronize folders.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

/// Other systems do not open folders as files.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lock_files_of_the_target_are_leftovers() {
        let name = OsStr::new("orders.csv");
        for (file, expected) in [
            (".orders.csv.abcdefABCD12.floe-lock", true),
            (".orders.csv.abcdefABCD12.floe-draft", false),
            (".orders.csv.floe-lock", false),
            (".orders.csv.mine.floe-lock", false),
            (".orders.csv.abcdef-BCD12.floe-lock", false),
            (".customers.csv.abcdefABCD12.floe-lock", false),
            ("orders.csv.abcdefABCD12.floe-lock", false),
        ] {
            assert_eq!(is_lock(Path::new(file), name), expected, "{file}");
        }
    }

    #[test]
    fn a_draft_has_the_name_of_its_lock() {
        let lock = Path::new("a/.x.db.abcdefABCD12.floe-lock");
        let draft = Path::new("a/.x.db.abcdefABCD12.floe-draft");
        assert_eq!(draft_of(lock), draft);
        assert_eq!(lock_of(draft), lock);
    }
}

//! Detects changes of certificate and key files, which are renewed while programs run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::settings::OtlpSettings;

/// The certificate and key files of a connection, with their metadata at the last check.
pub(super) struct WatchedFiles {
    paths: Vec<PathBuf>,
    metadata: Vec<Option<Metadata>>,
}

/// The metadata that changes when a file is renewed. Tools overwrite the file, or replace it by another file or link,
/// possibly with the same length and within the resolution of the modification time.
#[derive(PartialEq)]
struct Metadata {
    modified: Option<SystemTime>,
    length: u64,
    /// Device, inode number, and the time of the last change of the inode.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl WatchedFiles {
    /// Records the metadata of the files of `settings`. Call this before reading the files, so that a
    /// change in between is detected.
    pub(super) fn new(settings: &OtlpSettings) -> Self {
        let client = settings.client.iter();
        let client = client.flat_map(|(certificate, key)| [certificate, key]);
        let paths: Vec<_> = settings.certificate.iter().chain(client).cloned().collect();
        let metadata = all_metadata(&paths);
        Self { paths, metadata }
    }

    /// Whether a file has changed since the last check.
    pub(super) fn have_changed(&mut self) -> bool {
        let now = all_metadata(&self.paths);
        let before = std::mem::replace(&mut self.metadata, now);
        self.metadata != before
    }
}

fn all_metadata(paths: &[PathBuf]) -> Vec<Option<Metadata>> {
    paths.iter().map(|path| metadata(path)).collect()
}

fn metadata(path: &Path) -> Option<Metadata> {
    let file = fs::metadata(path).ok()?;
    Some(Metadata {
        modified: file.modified().ok(),
        length: file.len(),
        #[cfg(unix)]
        inode: {
            use std::os::unix::fs::MetadataExt as _;

            (file.dev(), file.ino(), file.ctime(), file.ctime_nsec())
        },
    })
}

//! The files of a connection, and whether they are still what they were: certificates are renewed
//! while programs run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::settings::OtlpSettings;

/// The files that were read for a connection.
#[derive(Debug)]
pub(super) struct Files {
    paths: Vec<PathBuf>,
    seen: Vec<Option<Stamp>>,
}

/// What tells a file from what it was before. Whoever renews it writes over it, or puts another one (or
/// a link to another one) in its place, perhaps as long as the one before and within the same tick of
/// the clock.
#[derive(Debug, PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Device, number, and when the number came to be what it is.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Files {
    /// To be called before the files are read.
    pub(super) fn of(settings: &OtlpSettings) -> Self {
        let client = settings.client.iter();
        let client = client.flat_map(|(certificate, key)| [certificate, key]);
        let paths: Vec<_> = settings.certificate.iter().chain(client).cloned().collect();
        let seen = stamps(&paths);
        Self { paths, seen }
    }

    /// Whether any is not what it was when this was asked before.
    pub(super) fn have_changed(&mut self) -> bool {
        let now = stamps(&self.paths);
        let before = std::mem::replace(&mut self.seen, now);
        self.seen != before
    }
}

fn stamps(paths: &[PathBuf]) -> Vec<Option<Stamp>> {
    paths.iter().map(|path| stamp(path)).collect()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = fs::metadata(path).ok()?;
    Some(Stamp {
        modified: file.modified().ok(),
        length: file.len(),
        #[cfg(unix)]
        inode: {
            use std::os::unix::fs::MetadataExt as _;

            (file.dev(), file.ino(), file.ctime(), file.ctime_nsec())
        },
    })
}

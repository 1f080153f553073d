//! Writes a file whole or not at all: under another name first, then renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A file that is not there until [`Draft::publish`]; dropped before, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Draft {
    target: PathBuf,
    path: PathBuf,
    published: bool,
}

impl Draft {
    /// Makes room for a file beside `target`, creating its folder.
    pub(crate) fn new(target: &Path) -> Result<Self, Error> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        }
        // The process id keeps two runs at the same time apart; the last one to finish wins.
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let path = target.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        remove(&path)?;
        Ok(Self {
            target: target.to_path_buf(),
            path,
            published: false,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the file where it belongs, replacing what was there.
    pub(crate) fn publish(self) -> Result<(), Error> {
        let target = self.target.clone();
        self.publish_as(&target)
    }

    /// Puts the file elsewhere in the same folder.
    pub(crate) fn publish_as(mut self, target: &Path) -> Result<(), Error> {
        fs::rename(&self.path, target).map_err(Error::io("write", target))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // Nobody is left to be told; the next run with this process id tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes what `contents` writes to `target`.
pub(crate) fn write(
    target: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let draft = Draft::new(target)?;
    let output = fs::File::create(draft.path()).map_err(Error::io("write", target))?;
    let mut writer = BufWriter::new(output);
    contents(&mut writer)
        .and_then(|()| writer.flush())
        .map_err(Error::io("write", target))?;
    draft.publish()
}

/// Removes a file that may not exist.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

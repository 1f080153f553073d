//! Atomic replacement of files: a file is written under a temporary name and then renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A file under a temporary name. [`Draft::publish`] renames it; dropping the draft removes it.
#[derive(Debug)]
pub(crate) struct Draft {
    target: PathBuf,
    path: PathBuf,
    published: bool,
}

impl Draft {
    /// Chooses a temporary name beside `target`, and creates its folder if necessary.
    pub(crate) fn new(target: &Path) -> Result<Self, Error> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        }
        // The process id separates concurrent runs; the last one to finish replaces the file.
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

    /// Renames the file to its target, replacing an existing file.
    pub(crate) fn publish(self) -> Result<(), Error> {
        let target = self.target.clone();
        self.publish_as(&target)
    }

    /// Renames the file to another name in the same folder.
    pub(crate) fn publish_as(mut self, target: &Path) -> Result<(), Error> {
        fs::rename(&self.path, target).map_err(Error::io("write", target))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // An error cannot be reported here; a run with the same process id retries.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Replaces `target` with the output of `contents`.
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

/// Removes a file if it exists.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

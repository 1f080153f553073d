//! A file that is renamed when it is large, with a limited number of old files.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{self, Path, PathBuf};

/// The maximum size of a file in bytes: 100 MiB. A full file is renamed.
pub(crate) const MAX_BYTES: u64 = 100 * 1024 * 1024;

/// The maximum number of files of a signal, including the current one.
const MAX_FILES: u32 = 5;

/// The file of a signal. The old files of `name.jsonl` are `name.1.jsonl` (the latest), `name.2.jsonl` and so on.
#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    max_bytes: u64,
    /// The open file; `None` if it could not be opened again. The next write opens it.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
}

impl RotatingFile {
    /// Opens the file, keeping its content, and creates a missing directory. Only the user of the process can read
    /// files that it creates. The path stays the same when the process changes its directory.
    ///
    /// # Errors
    ///
    /// The error names the path and the reason.
    pub(crate) fn open(path: &Path, max_bytes: u64) -> Result<Self, String> {
        let mut file = Self {
            path: path::absolute(path).map_err(|error| failed(path, &error))?,
            max_bytes,
            open: None,
        };
        file.open = Some(Open::append(&file.path).map_err(|error| failed(&file.path, &error))?);
        Ok(file)
    }

    /// Writes a line. A line that does not fit begins a new file; a line above the maximum size is alone in its file.
    pub(crate) fn write(&mut self, line: &[u8]) -> Result<(), String> {
        // Lines in a removed file would be lost, so the path is opened again.
        let mut open = match self.open.take().filter(|open| open.is_at(&self.path)) {
            Some(open) => open,
            None => Open::append(&self.path).map_err(|error| failed(&self.path, &error))?,
        };
        let appended = self.append(&mut open, line);
        // The file stays open after a failure, too, because a process that has changed its user cannot open it again.
        self.open = Some(open);
        appended.map_err(|error| failed(&self.path, &error))
    }

    fn append(&self, open: &mut Open, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        if open.bytes > 0 && open.bytes + length > self.max_bytes {
            self.rotate()?;
            *open = Open::append(&self.path)?;
        }
        let before = open.bytes;
        if let Err(error) = open.file.write_all(line) {
            // The disk may be full. A part of a line is removed, because readers would fail on it.
            let _ = open.file.set_len(before);
            return Err(error);
        }
        open.bytes += length;
        Ok(())
    }

    fn rotate(&self) -> io::Result<()> {
        for number in (0..MAX_FILES - 1).rev() {
            match fs::rename(self.path(number), self.path(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn path(&self, number: u32) -> PathBuf {
        match number {
            0 => self.path.clone(),
            _ => self.path.with_extension(format!("{number}.jsonl")),
        }
    }
}

impl Open {
    fn append(path: &Path) -> io::Result<Self> {
        let directory = path.parent().unwrap_or(path);
        create_directory(directory).map_err(|error| io::Error::other(failed(directory, &error)))?;
        // Opening a named pipe would block.
        if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }

    /// Whether the path still refers to the open file.
    #[cfg(unix)]
    fn is_at(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;

        let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        match fs::symlink_metadata(path) {
            // The process has changed its user, and the file is still open.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => true,
            found => matches!(
                (self.file.metadata().map(place), found.map(place)),
                (Ok(opened), Ok(found)) if opened == found
            ),
        }
    }

    /// Returns true, because other systems do not remove open files.
    #[cfg(not(unix))]
    const fn is_at(&self, _: &Path) -> bool {
        true
    }
}

fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("`{}`: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_renamed_and_the_oldest_removed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("telemetry/traces.jsonl");
        let mut file = RotatingFile::open(&path, 100).unwrap();
        for number in 0..60 {
            file.write(format!("{number:019}\n").as_bytes()).unwrap();
        }
        let names = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(names.count(), 5);
        let mut found = Vec::new();
        for number in (0..5).rev() {
            let path = file.path(number);
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!(metadata.len(), 100);
            #[cfg(unix)]
            {
                let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
                assert_eq!(mode & 0o777, 0o600);
            }
            let lines = fs::read_to_string(path).unwrap();
            found.extend(lines.lines().map(|line| line.parse::<u32>().unwrap()));
        }
        assert_eq!(found, (35..60).collect::<Vec<_>>(), "the latest, in order");
    }
}

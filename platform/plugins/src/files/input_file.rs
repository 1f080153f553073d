//! Opens files that users name. Only regular files are read, because a pipe would wait for a writer, and a device such
//! as `/dev/zero` does not end. The size of text is limited, because it is parsed as a whole.

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// The maximum size of a text file, in bytes. Even the artifacts of thousands of models are smaller.
const MAX_TEXT_SIZE: u64 = 16 << 20;

/// Opens a regular file for reading.
///
/// # Errors
/// The file is not regular, or cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    // The path is checked first, because opening a pipe waits for its writer.
    check(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Another file may have replaced the checked one.
    check(&file.metadata()?)?;
    Ok(file)
}

/// Reads a text file of at most 16 MiB.
///
/// # Errors
/// The file cannot be opened, is too large, or is not UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    open(path)?.take(MAX_TEXT_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT_SIZE {
        let message = "it is larger than 16 MiB, expected a text file of at most 16 MiB";
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// Returns the kind of a file, with an article.
pub fn describe(kind: FileType) -> &'static str {
    if kind.is_dir() {
        return "a directory";
    }
    if kind.is_symlink() {
        return "a symbolic link";
    }
    if kind.is_file() {
        return "a regular file";
    }
    if kind.is_fifo() {
        return "a pipe";
    }
    if kind.is_socket() {
        return "a socket";
    }
    "a device"
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let found = describe(metadata.file_type());
    let message = format!("it is {found}, expected a regular file");
    Err(io::Error::new(ErrorKind::InvalidInput, message))
}

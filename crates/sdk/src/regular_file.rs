//! Reads only regular files, because opening a named pipe would block, and a device such as `/dev/zero` never ends.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use floe_telemetry_core::REDACTED;

/// Returns a path for output, or a mask if the text may be the content of the file instead: a key is often given in place of
/// its path.
pub fn shown(path: &Path) -> Cow<'_, str> {
    let text = path.to_string_lossy();
    let is_long = text.len() >= 40 && !path.is_absolute() && !text.contains('.');
    if is_long || text.contains(char::is_control) { REDACTED.into() } else { text }
}

pub(crate) fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    File::open(path)
}

/// Returns the content of a regular file of at most `max` bytes. A larger file is an error.
///
/// # Errors
///
/// The file cannot be read, is not regular, or is larger.
pub fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::other(format!("it is longer than {max} bytes")));
    }
    Ok(bytes)
}

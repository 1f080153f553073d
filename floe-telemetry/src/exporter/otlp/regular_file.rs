//! Reads files with certificates, keys and credentials.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::error::Error;

/// Reads a regular file of at most `max` bytes. Others, such as a pipe or `/dev/zero`, could block or never
/// end.
///
/// # Errors
///
/// The file cannot be read, is not a regular file, or is longer.
pub(super) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    let invalid = |problem: &str| Error::config(format!("the file `{}` {problem}", path.display()));
    let unreadable =
        |error: io::Error| invalid(&format!("cannot be read: {}", error.kind())).caused_by(&error);
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(invalid("is not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(max + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > max {
        return Err(invalid(&format!("is longer than {max} bytes")));
    }
    Ok(bytes)
}

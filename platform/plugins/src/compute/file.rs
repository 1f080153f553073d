//! The file of a database.

use std::io::{self, Read as _};
use std::path::Path;

use floe_plugin::{Error, ErrorKind};

use crate::files::input_file;

/// Checks that a file does not exist, is empty, or begins like a database of the engine.
pub(super) fn check(
    file: &Path,
    engine: &str,
    is_database: impl Fn(&[u8]) -> bool,
) -> Result<(), Error> {
    let mut start = Vec::new();
    match input_file::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?.take(16).read_to_end(&mut start)?,
    };
    if start.is_empty() || is_database(&start) {
        return Ok(());
    }
    let message =
        format!("it is not a database of {engine}, expected a database of {engine} or a new file");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

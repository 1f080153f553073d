//! The only place that reads the environment of the process. What the variables mean to the
//! configuration is in `config/env.rs`.

use std::env::{self, VarError};
#[cfg(feature = "provider")]
use std::ffi::OsString;

/// A variable that is text.
pub(crate) fn variable(name: &str) -> Result<String, VarError> {
    env::var(name)
}

/// A variable that may be anything.
#[cfg(feature = "provider")]
pub(crate) fn variable_os(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// Whether colours are unwanted (<https://no-color.org>), or the terminal has none.
#[cfg(feature = "provider")]
pub(crate) fn wants_no_color() -> bool {
    variable_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || variable_os("TERM").is_some_and(|value| value == "dumb")
}

/// The file name of the running executable.
#[cfg(feature = "provider")]
pub(crate) fn executable_name() -> Option<String> {
    let path = env::current_exe().ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

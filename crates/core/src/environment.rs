//! The only module that reads the environment of the process. `config/env.rs` interprets the variables of
//! the configuration.

use std::env::{self, VarError};
use std::ffi::OsString;
use std::path::PathBuf;

/// Returns the value of a variable.
///
/// # Errors
///
/// Fails if the variable is not set or not valid Unicode.
pub fn variable(name: &str) -> Result<String, VarError> {
    env::var(name)
}

/// Returns the value of a variable, which need not be valid Unicode.
pub fn variable_os(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// Returns the names of the variables that begin with one of these prefixes and have a value.
pub fn names(prefixes: &[&str]) -> Vec<String> {
    let names = env::vars_os().filter(|(_, value)| !value.is_empty());
    let names = names.filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix))).collect()
}

/// Returns the path of the running executable.
pub fn executable() -> Option<PathBuf> {
    env::current_exe().ok()
}

/// Returns the command that started the program, without its arguments.
pub fn command() -> Option<String> {
    Some(env::args_os().next()?.to_string_lossy().into_owned())
}

/// Returns the file name of the running executable.
pub fn executable_name() -> Option<String> {
    let path = executable()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

//! Reads the environment of the process; no other module of the library does. `config/env.rs` of the SDK interprets the
//! variables of the configuration.

use std::env::{self, VarError};
use std::ffi::OsString;

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

/// Returns the names of the variables that begin with one of these prefixes, in any case, and are not empty.
pub fn names(prefixes: &[&str]) -> Vec<String> {
    let set = env::vars_os().filter(|(_, value)| !value.is_empty());
    let names = set.filter_map(|(name, _)| name.into_string().ok());
    let begins = |name: &str, prefix: &str| {
        name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    names.filter(|name| prefixes.iter().any(|prefix| begins(name, prefix))).collect()
}

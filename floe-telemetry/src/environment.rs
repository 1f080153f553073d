//! The only place that reads the environment. What its variables mean to the configuration is in
//! `config/env.rs`.

use std::env::{self, VarError};
#[cfg(feature = "provider")]
use std::ffi::OsString;

/// A variable that is text.
pub(crate) fn variable(name: &str) -> Result<String, VarError> {
    env::var(name)
}

/// A variable of which it does not matter whether it is text.
#[cfg(feature = "provider")]
pub(crate) fn variable_os(name: &str) -> Option<OsString> {
    env::var_os(name)
}

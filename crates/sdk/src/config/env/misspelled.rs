//! Warns about variables with a misspelled name, which would otherwise have no effect without any message.

use std::sync::Mutex;

use crate::lock::lock;
use crate::suggest::{did_you_mean, misspelled};

use crate::environment;
use crate::error::Error;

/// The names that have been read, sorted. After a configuration is loaded, these are all known names.
static READ: Mutex<Vec<&str>> = Mutex::new(Vec::new());

const MAX_NAMES: usize = 1000;

pub(super) fn know(name: &'static str) {
    let mut read = lock(&READ);
    if let Err(place) = read.binary_search(&name) {
        read.insert(place, name);
    }
}

/// Warns about each variable with one of these prefixes and a name similar to a known one.
pub(super) fn warn(prefixes: &[&str]) {
    if cfg!(feature = "subscriber") {
        know("RUST_LOG");
    }
    let known = lock(&READ).clone();
    for name in environment::names(prefixes).iter().take(MAX_NAMES) {
        if known.binary_search(&name.as_str()).is_ok() {
            continue;
        }
        // A name that only begins like a known name may belong to another component.
        if let Some(known) = misspelled(name, &known) {
            let suggestion = did_you_mean(Some(known));
            let message = format!("{name}: unknown variable{suggestion}");
            super::warn(&Error::config(message).to_string());
        }
    }
}

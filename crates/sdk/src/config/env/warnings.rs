//! Warnings about variables. They are held until it is known whether the program wants to be quiet.

use std::mem;
use std::sync::Mutex;

use crate::error::Error;
use crate::internal_log::{self, Text};
use crate::lock::lock;

/// The warnings that are held, and whether each is about a name that resembles an endpoint.
static HELD: Mutex<Vec<(String, bool)>> = Mutex::new(Vec::new());

pub(super) fn hold(message: String, resembles_endpoint: bool) {
    lock(&HELD).push((message, resembles_endpoint));
}

/// Emits the held warnings; in a quiet program, only those about a name that resembles an endpoint.
pub(crate) fn say_held(is_quiet: bool) {
    let held = mem::take(&mut *lock(&HELD));
    for (message, resembles_endpoint) in held {
        if resembles_endpoint || !is_quiet {
            // `Error` redacts the message, which may quote a credential.
            warn(&Error::config(message).to_string());
        }
    }
}

/// Emits a warning once per process. Usually there is no subscriber yet while a configuration is loaded.
pub(crate) fn warn(message: &str) {
    static WRITTEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut written = lock(&WRITTEN);
    if written.iter().any(|other| other == message) {
        return;
    }
    written.push(message.to_owned());
    drop(written);
    internal_log::write(
        "warn",
        || tracing::warn!("telemetry configuration: {}", Text(message)),
        || message.to_owned(),
    );
}

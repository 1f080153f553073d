//! The error type of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::redaction::sanitize_error;

/// The error of a telemetry operation.
///
/// The message describes the problem, and credentials in it are redacted. Cloning is cheap, because clones share their
/// content.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let error = TelemetryConfig::from_yaml("enabled: perhaps").unwrap_err();
/// assert!(error.is_config());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: Kind,
    message: String,
    setting: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Config,
    State,
    Export,
    Timeout,
}

impl Error {
    /// Whether the configuration, or a value passed to a function, is invalid.
    pub fn is_config(&self) -> bool {
        self.0.kind == Kind::Config
    }

    /// Whether the state of the provider or of the process does not allow the call, such as a second `initialize`, or a
    /// flush in a fork.
    pub fn is_state(&self) -> bool {
        self.0.kind == Kind::State
    }

    /// Whether an exporter failed to deliver.
    pub fn is_export(&self) -> bool {
        self.0.kind == Kind::Export
    }

    /// Whether an operation took longer than its timeout.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// Creates the error of an invalid configuration or argument.
    #[doc(hidden)]
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, &message.into())
    }

    /// Creates the error of a call that is not possible now.
    #[doc(hidden)]
    pub fn state(message: impl Into<String>) -> Self {
        Self::new(Kind::State, &message.into())
    }

    /// Creates the error of a failed export.
    #[doc(hidden)]
    pub fn export(message: impl Into<String>) -> Self {
        Self::new(Kind::Export, &message.into())
    }

    pub(crate) fn timeout(what: &str, after: Duration, details: &str) -> Self {
        let message = format!("{what} did not finish within {after:?}: {details}");
        Self::new(Kind::Timeout, &message)
    }

    /// Creates the error of a thread that cannot be started.
    #[doc(hidden)]
    pub fn thread(name: &str, error: &io::Error) -> Self {
        Self::state(format!("the thread of `{name}` could not be started: {error}"))
    }

    /// Stores the wrong OTLP setting, as the suffix of its variables, such as `ENDPOINT`, unless one is already stored.
    #[doc(hidden)]
    #[must_use]
    pub fn of_setting(mut self, setting: &'static str) -> Self {
        Arc::make_mut(&mut self.0).setting.get_or_insert(setting);
        self
    }

    pub(crate) fn setting(&self) -> Option<&'static str> {
        self.0.setting
    }

    /// Prepends the context in which the error occurred to the message.
    #[doc(hidden)]
    #[must_use]
    pub fn within(mut self, context: &str) -> Self {
        let message = &mut Arc::make_mut(&mut self.0).message;
        *message = format!("{}: {message}", sanitize_error(context));
        self
    }

    pub(crate) fn and(mut self, other: &str) -> Self {
        let message = &mut Arc::make_mut(&mut self.0).message;
        *message = format!("{message}; {other}");
        self
    }

    /// Creates an error, whose message is sanitized and put on one line.
    fn new(kind: Kind, message: &str) -> Self {
        let message = sanitize_error(message).into_owned();
        Self(Arc::new(Inner { kind, message, setting: None }))
    }
}

/// Formats the message, because this is the text that is printed if `main` returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_sanitized() {
        let refused = Error::export("refused by postgres://floe:hunter2@db/orders");
        let error = refused.within("exporter `otlp`");
        assert!(error.is_export());
        let expected = "exporter `otlp`: refused by postgres://<REDACTED>@db/orders";
        assert_eq!((error.to_string(), format!("{error:?}")), (expected.into(), expected.into()));
    }
}

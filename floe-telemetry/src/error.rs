//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

/// Something about the telemetry could not be done. Its text says what was found, what is
/// accepted and where, and never contains a credential.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let error = TelemetryConfig::from_yaml("enabled: perhaps").unwrap_err();
/// assert!(error.is_config());
/// ```
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Config,
    State,
    Export,
    Timeout,
    Thread,
}

impl Error {
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    pub(crate) fn state(message: impl Into<String>) -> Self {
        Self::new(Kind::State, message)
    }

    pub(crate) fn export(message: impl Into<String>) -> Self {
        Self::new(Kind::Export, message)
    }

    pub(crate) fn timeout(what: &str, after: Duration) -> Self {
        Self::new(
            Kind::Timeout,
            format!("{what} did not finish within {after:?}"),
        )
    }

    pub(crate) fn thread(name: &str, error: &io::Error) -> Self {
        Self::new(
            Kind::Thread,
            format!("the thread of `{name}` could not be started: {error}"),
        )
    }

    /// The same, found in this place.
    pub(crate) fn within(self, place: &str) -> Self {
        Self::new(self.kind, format!("{place}: {}", self.message))
    }

    /// Every message passes here, so every message is sanitized.
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            kind,
            message: crate::sanitizer::sanitize_error(&message).into_owned(),
        }
    }

    /// The configuration, or an environment variable, is not valid.
    #[must_use]
    pub fn is_config(&self) -> bool {
        self.kind == Kind::Config
    }

    /// The provider is not in a state that allows the call.
    #[must_use]
    pub fn is_state(&self) -> bool {
        self.kind == Kind::State
    }

    /// An exporter could not deliver.
    #[must_use]
    pub fn is_export(&self) -> bool {
        self.kind == Kind::Export
    }

    /// Something took longer than it was given.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind == Kind::Timeout
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {}

//! The error type of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::redaction::sanitize_error;

/// The error of a telemetry operation.
///
/// The message describes the found and the accepted values, and the place. Neither the message nor any
/// [`source`](StdError::source) contains a credential. Cloning is cheap, because clones share their content.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let error = TelemetryConfig::from_yaml("enabled: perhaps").unwrap_err();
/// assert!(error.is_config());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    source: Option<Source>,
}

type Source = Arc<dyn StdError + Send + Sync>;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Config,
    State,
    Export,
    Timeout,
    Thread,
}

impl Error {
    /// Whether the configuration, or a value passed to a function, is invalid.
    #[must_use]
    pub fn is_config(&self) -> bool {
        self.0.kind == Kind::Config
    }

    /// Whether the state of the provider does not allow the call.
    #[must_use]
    pub fn is_state(&self) -> bool {
        self.0.kind == Kind::State
    }

    /// Whether an exporter failed to deliver.
    #[must_use]
    pub fn is_export(&self) -> bool {
        self.0.kind == Kind::Export
    }

    /// Whether an operation took longer than its timeout.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// Whether the operating system could not start a thread.
    #[must_use]
    pub fn is_thread(&self) -> bool {
        self.0.kind == Kind::Thread
    }

    /// Creates an error with a heading and one line per mistake.
    pub(crate) fn mistakes<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let lines: Vec<_> = lines.into_iter().map(sanitize_error).collect();
        Self::of(Kind::Config, lines.join("\n  "), None)
    }

    /// Creates the error of a request of the program that cannot be fulfilled.
    #[doc(hidden)]
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message.into(), None)
    }

    /// Creates the error of a call that is not possible now.
    #[doc(hidden)]
    pub fn state(message: impl Into<String>) -> Self {
        Self::new(Kind::State, message.into(), None)
    }

    /// Creates the error of a failed export.
    #[doc(hidden)]
    pub fn export(message: impl Into<String>) -> Self {
        Self::new(Kind::Export, message.into(), None)
    }

    pub(crate) fn timeout(what: &str, after: Duration, details: &str) -> Self {
        let message = format!("{what} did not finish within {after:?}: {details}");
        Self::new(Kind::Timeout, message, None)
    }

    /// Creates the error of a thread that cannot be started.
    #[doc(hidden)]
    #[must_use]
    pub fn thread(name: &str, error: &io::Error) -> Self {
        let message = format!("the thread of `{name}` could not be started: {error}");
        Self::new(Kind::Thread, message, None).caused_by(error)
    }

    /// Adds a cause as a sanitized copy.
    fn caused_by(self, cause: &(dyn StdError + 'static)) -> Self {
        let Inner { kind, message, .. } = &*self.0;
        Self::of(*kind, message.clone(), Some(sanitized_copy(cause)))
    }

    /// Prepends the context in which the error occurred to the message.
    #[doc(hidden)]
    #[must_use]
    pub fn within(self, context: &str) -> Self {
        let Inner { kind, message, source } = &*self.0;
        let context = sanitize_error(context);
        Self::of(*kind, format!("{context}: {message}"), source.clone())
    }

    /// Adds the text of another error.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let Inner { kind, message, source } = &*self.0;
        Self::of(*kind, format!("{message}; {other}"), source.clone())
    }

    /// Creates an error, whose message is sanitized and put on one line.
    fn new(kind: Kind, message: impl AsRef<str>, source: Option<Source>) -> Self {
        Self::of(kind, sanitize_error(message.as_ref()).into_owned(), source)
    }

    /// Creates an error with a sanitized message.
    fn of(kind: Kind, message: String, source: Option<Source>) -> Self {
        Self(Arc::new(Inner { kind, message, source }))
    }
}

/// The text that is printed if `main` returns the error.
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

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

/// A sanitized copy of another library's error and its sources.
#[derive(Debug)]
struct Cause {
    message: String,
    source: Option<Box<Self>>,
}

/// The maximum number of errors of a chain.
const MAX_CAUSES: usize = 16;

fn sanitized_copy(error: &(dyn StdError + 'static)) -> Source {
    if let Some(error) = error.downcast_ref::<Error>() {
        return Arc::new(error.clone());
    }
    // The message of an operating system error contains no user data, so the error keeps its type.
    let code = error.downcast_ref().and_then(io::Error::raw_os_error);
    if let Some(code) = code {
        return Arc::new(io::Error::from_raw_os_error(code));
    }
    Arc::new(Cause::of(error, MAX_CAUSES))
}

impl Cause {
    fn of(error: &(dyn StdError + 'static), depth: usize) -> Self {
        let source = error.source().filter(|_| depth > 1);
        Self {
            message: sanitize_error(&error.to_string()).into_owned(),
            source: source.map(|source| Box::new(Self::of(source, depth - 1))),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Refused(Option<Box<Refused>>);

    impl fmt::Display for Refused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("refused by postgres://floe:hunter2@db/orders")
        }
    }

    impl StdError for Refused {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            let source = self.0.as_deref()?;
            Some(source)
        }
    }

    #[test]
    fn every_source_is_sanitized() {
        let cause = Refused(Some(Box::new(Refused(None))));
        let error = Error::export(format!("not delivered: {cause}")).caused_by(&cause);
        let clone = error.clone().within("exporter `otlp`");
        assert!(clone.is_export());
        assert_eq!(
            clone.to_string(),
            "exporter `otlp`: not delivered: refused by postgres://<REDACTED>@db/orders"
        );
        let links = std::iter::successors(clone.source(), |link| (*link).source());
        let links: Vec<_> = links.map(ToString::to_string).collect();
        assert_eq!(links, ["refused by postgres://<REDACTED>@db/orders"; 2]);
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn an_error_of_the_operating_system_is_the_source_as_it_is() {
        let error = Error::thread("collector", &io::Error::from_raw_os_error(11));
        assert!(error.is_thread());
        let source = error.source().and_then(<dyn StdError>::downcast_ref);
        assert_eq!(source.and_then(io::Error::raw_os_error), Some(11));
    }
}

//! The error of a plugin's operation.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use floe_telemetry::sanitize_error_message;

/// An error of a plugin's operation.
///
/// The message is redacted when the error is created, so it can be printed and exported.
///
/// ```
/// use floe_plugin::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Unauthorized, "the token was refused: token=c2VjcmV0");
/// assert_eq!(error.kind(), ErrorKind::Unauthorized);
/// assert_eq!(error.to_string(), "the token was refused: token=<REDACTED>");
/// assert!(!error.is_transient());
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    offset: Option<usize>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The category of an [`Error`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The service cannot be connected to, or answers that it is not available now.
    Unavailable,
    /// The operation took longer than its time limit.
    TimedOut,
    /// The service asks for fewer requests.
    RateLimited,
    /// The credential is missing, or the service refused it.
    Unauthorized,
    /// What the operation names does not exist.
    NotFound,
    /// The service refused the request.
    Rejected,
    /// The answer of the service does not follow its protocol.
    InvalidResponse,
    /// The query or the data of the product is wrong. Other operations can succeed.
    InvalidInput,
    /// The plugin does not support the operation.
    Unsupported,
    /// The disk, the memory or the engine failed, so no other operation would succeed either.
    System,
    /// A signal interrupted the operation.
    Interrupted,
    /// Any other error.
    Other,
}

impl Error {
    /// Creates an error of this kind. Credentials in the message are redacted, and it is shortened to 500
    /// characters.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            message: sanitize_error_message(message.as_ref()).into_owned(),
            offset: None,
            retry_after: None,
            source: None,
        }
    }

    /// The plugin does not support the operation.
    #[must_use]
    pub fn unsupported(operation: &str) -> Self {
        Self::new(
            ErrorKind::Unsupported,
            format!("the plugin does not support `{operation}`"),
        )
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds the place of the mistake in the text that the operation was called with, in bytes.
    #[must_use]
    pub fn at_offset(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Adds the time after which the service accepts the request again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The category.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The place of the mistake in the text that the operation was called with, in bytes.
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// The time after which the service accepts the request again.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same operation can succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::RateLimited
        )
    }

    /// Whether the plugin does not support the operation.
    pub fn is_unsupported(&self) -> bool {
        self.kind == ErrorKind::Unsupported
    }

    /// Whether something failed, rather than a signal having ended it.
    pub(crate) fn is_failure(&self) -> bool {
        self.kind != ErrorKind::Interrupted
    }

    /// The error that caused this one, if it is a `T`; else this error.
    ///
    /// # Errors
    ///
    /// The cause is not a `T`, or there is none.
    pub fn into_source<T: StdError + Send + Sync + 'static>(mut self) -> Result<T, Self> {
        let Some(source) = self.source.take() else {
            return Err(self);
        };
        match source.downcast::<T>() {
            Ok(source) => Ok(*source),
            Err(source) => {
                self.source = Some(source);
                Err(self)
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The message has the text of the cause.
        self.source.as_deref().and_then(StdError::source)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;

        let kind = match error.kind() {
            Io::NotFound => ErrorKind::NotFound,
            Io::TimedOut => ErrorKind::TimedOut,
            Io::Interrupted => ErrorKind::Interrupted,
            Io::ConnectionRefused | Io::ConnectionReset | Io::ConnectionAborted => {
                ErrorKind::Unavailable
            }
            Io::PermissionDenied => ErrorKind::Unauthorized,
            _ => ErrorKind::System,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

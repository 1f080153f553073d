//! The error of a plugin's operation.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use floe_telemetry::{ErrorType, sanitize_error_message};
use serde::Deserialize;

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
    domain: Option<&'static str>,
    message: String,
    offset: Option<usize>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The category of an [`Error`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The service is unreachable, or answers that it is unavailable.
    Unavailable,
    /// The operation took longer than its time limit.
    TimedOut,
    /// The service asks for fewer requests.
    RateLimited,
    /// A credential is missing or was refused, or the access is not permitted.
    Unauthorized,
    /// An object that the operation names does not exist.
    NotFound,
    /// The service refused the request.
    Rejected,
    /// The answer of the service does not follow its protocol.
    InvalidResponse,
    /// The query or the data of the product is wrong. Other operations can succeed.
    InvalidInput,
    /// A query violates the syntax of its language. Handled like `InvalidInput`.
    Syntax,
    /// A query names a table or a column that does not exist. Handled like `InvalidInput`.
    UnknownName,
    /// A value does not have the type of its column. Handled like `InvalidInput`.
    Type,
    /// Rows violate a check. Handled like `InvalidInput`.
    CheckFailed,
    /// The plugin does not support the operation.
    Unsupported,
    /// The disk, the memory or the engine failed, so that other operations would fail, too.
    System,
    /// A signal interrupted the operation.
    Interrupted,
    /// Any other error.
    Other,
}

/// Implements `ErrorType` with a `match`, because an error type, such as `compute.syntax`, is a `'static` text.
macro_rules! error_types {
    ([$($domain:literal)*] $kinds:tt) => {
        impl ErrorType for Error {
            /// Returns the domain in which the error began, if it is known, and the kind, for example `compute.syntax`.
            fn error_type(&self) -> &'static str {
                match self.domain {
                    $(Some($domain) => error_types!(@kinds self.kind, concat!($domain, "."), $kinds),)*
                    _ => error_types!(@kinds self.kind, "", $kinds),
                }
            }
        }
    };
    (@kinds $kind:expr, $before:expr, { $($name:ident $text:literal)* }) => {
        match $kind {
            $(ErrorKind::$name => concat!($before, $text),)*
        }
    };
}

error_types! {
    [
        "alert" "catalog" "compute" "dagster.asset" "dagster.sensor" "dbt" "egress" "identity" "ingestion" "lineage"
        "orchestrator" "quality" "secrets" "security" "semantic" "storage"
    ]
    {
        Unavailable "unavailable"
        TimedOut "timeout"
        RateLimited "rate_limited"
        Unauthorized "unauthorized"
        NotFound "not_found"
        Rejected "rejected"
        InvalidResponse "invalid_response"
        InvalidInput "invalid_input"
        Syntax "syntax"
        UnknownName "unknown_name"
        Type "type"
        CheckFailed "check_failed"
        Unsupported "unsupported"
        System "system"
        Interrupted "interrupted"
        Other "other"
    }
}

impl ErrorKind {
    /// Whether the query or the data of the product is wrong, so that other operations can succeed.
    #[must_use]
    pub const fn is_of_input(self) -> bool {
        matches!(
            self,
            Self::InvalidInput | Self::Syntax | Self::UnknownName | Self::Type | Self::CheckFailed
        )
    }
}

impl Error {
    /// Creates an error of this kind. Credentials in the message are redacted, and the message is shortened to 500
    /// characters.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            domain: None,
            message: sanitize_error_message(message.as_ref()).into_owned(),
            offset: None,
            retry_after: None,
            source: None,
        }
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds the domain of the operation in which the error began, such as `compute`, unless the error already has one.
    /// Each operation of a plugin adds its domain, which begins the span's attribute `error.type`.
    ///
    /// ```
    /// use floe_plugin::{Error, ErrorKind};
    /// use floe_telemetry::ErrorType;
    ///
    /// let error = Error::new(ErrorKind::Type, "`id` is `x`, expected a whole number");
    /// let error = error.in_domain("ingestion").in_domain("compute");
    /// assert_eq!(error.error_type(), "ingestion.type");
    /// ```
    #[must_use]
    pub fn in_domain(self, domain: impl Into<Option<&'static str>>) -> Self {
        Self { domain: self.domain.or_else(|| domain.into()), ..self }
    }

    /// Replaces the message.
    #[must_use]
    pub fn with_message(self, message: impl AsRef<str>) -> Self {
        Self { message: sanitize_error_message(message.as_ref()).into_owned(), ..self }
    }

    /// Adds the place of the mistake, as a byte offset in the text that was passed to the operation.
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

    /// Returns the category.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the byte offset of the mistake in the text that was passed to the operation.
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// Returns the time after which the service accepts the request again.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same operation can succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::RateLimited)
    }

    /// Whether the error is a failure, rather than an interruption by a signal.
    pub(crate) fn is_failure(&self) -> bool {
        self.kind != ErrorKind::Interrupted
    }

    /// Returns the error that caused this one, if its type is `T`.
    ///
    /// # Errors
    ///
    /// There is no cause of type `T`. The error itself is returned.
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
        // The message contains the text of the cause, so the chain continues with the cause's own source.
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

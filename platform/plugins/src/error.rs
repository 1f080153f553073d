//! The errors of the platform and their exit codes.

use std::io;
use std::path::{Path, PathBuf};

use floe_plugin::{ErrorKind, PluginType};
use floe_telemetry::{ErrorType, sanitize_error_message};
use signal_hook::low_level::signal_name;

use crate::place::Place;
use crate::quote::printable_lines;

/// An error that stops a command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The product or the platform's manifest contains a mistake.
    #[error("{place}: {message}")]
    Input {
        /// The place of the mistake.
        place: Place,
        /// The description of the mistake.
        message: String,
    },
    /// A setting outside of the product and the manifest is not valid.
    #[error("{0}")]
    Setting(String),
    /// The operating system could not read or write a file.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// The operation, for example `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// A plugin's operation failed.
    #[error(transparent)]
    Plugin(floe_plugin::Error),
    /// The telemetry runtime could not start or shut down.
    #[error("telemetry: {0}")]
    Telemetry(String),
    /// The user searched for an object that does not exist.
    #[error("{0}")]
    NotFound(String),
    /// A signal stopped the command.
    #[error("interrupted by {}", signal_name(*signal).unwrap_or("a signal"))]
    Interrupted {
        /// The number of the signal.
        signal: i32,
    },
}

impl Error {
    /// Creates the error of a mistake at a place.
    pub fn input(place: Place, message: impl Into<String>) -> Self {
        Self::Input { place, message: message.into() }
    }

    /// Returns a function that converts an error of the operating system into the error of `action` on `path`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// Converts the error of a plugin's operation. If an error of this program caused it, that error is returned.
    pub fn from_plugin(error: floe_plugin::Error) -> Self {
        match error.into_source::<Self>() {
            Ok(error) => error,
            Err(error) => Self::Plugin(error),
        }
    }

    /// Converts an error like [`from_plugin`](Self::from_plugin), and adds the plugin's name unless it is of this
    /// program.
    pub fn of_plugin(kind: PluginType, name: &str, error: floe_plugin::Error) -> Self {
        match error.into_source::<Self>() {
            // An error of this program is clear without the name of a plugin.
            Ok(error) => error,
            Err(error) => {
                let message = format!("the {kind} plugin `{name}`: {error}");
                Self::Plugin(error.with_message(message).in_domain(kind.domain()))
            }
        }
    }

    /// Converts this error into an error of a plugin's operation, with this error as its source.
    pub fn into_plugin(self) -> floe_plugin::Error {
        let kind = match self {
            Self::Input { .. } | Self::Setting(_) => ErrorKind::InvalidInput,
            Self::Io { .. } => ErrorKind::System,
            Self::Interrupted { .. } => ErrorKind::Interrupted,
            _ => ErrorKind::Other,
        };
        floe_plugin::Error::new(kind, self.redacted()).with_source(self)
    }

    /// Returns the exit code of the program: 2 for a mistake in the product, the manifest or a setting, 128 plus the
    /// signal's number for a signal, 1 for any other failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input { .. } | Self::Setting(_) => 2,
            Self::Io { .. }
            | Self::Output(_)
            | Self::Plugin(_)
            | Self::Telemetry(_)
            | Self::NotFound(_) => 1,
            // The exit code with which shells report a program that a signal ended.
            Self::Interrupted { signal } => 128 + u8::try_from(*signal).unwrap_or_default(),
        }
    }

    /// Returns the message without credentials, and without characters that would control a terminal.
    ///
    /// A place and its message are redacted separately, because in `/etc/passwd: there is no such folder` the name of
    /// the file would look like the name of a credential.
    pub fn redacted(&self) -> String {
        let message = match self {
            Self::Input { place, message } => {
                format!("{}: {}", place.redacted(), sanitize_error_message(message))
            }
            other => sanitize_error_message(&other.to_string()).into_owned(),
        };
        printable_lines(&message)
    }
}

impl From<floe_telemetry::Error> for Error {
    fn from(error: floe_telemetry::Error) -> Self {
        if error.is_config() {
            return Self::Setting(error.to_string());
        }
        Self::Telemetry(error.to_string())
    }
}

impl ErrorType for Error {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Input { .. } => "product.mistake",
            Self::Setting(_) => "product.setting",
            Self::Io { .. } | Self::Output(_) => "system.io",
            Self::Plugin(error) => error.error_type(),
            Self::Telemetry(_) => "telemetry.setup",
            Self::NotFound(_) => "product.not_found",
            Self::Interrupted { .. } => "canceled",
        }
    }
}

/// Returns the description of an I/O error, for frequent kinds in words of this program.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

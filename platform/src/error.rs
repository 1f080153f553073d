//! What can stop the platform, and the exit code of each.

use std::io;
use std::path::{Path, PathBuf};

use crate::pipeline::{Outcome, Report};
use crate::place::Place;

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The product or the platform's manifest is not as it must be.
    #[error("{place}: {message}")]
    Input {
        /// Where the mistake is.
        place: Place,
        /// What was found and what is accepted.
        message: String,
    },
    /// A setting from outside the files, such as an environment variable, is wrong.
    #[error("{0}")]
    Setting(String),
    /// The operating system refused to read or write.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The engine failed in something that is not the fault of one model.
    #[error("engine: {0}")]
    Engine(#[from] rusqlite::Error),
    /// Some assets could not be built.
    #[error("{} of {} assets failed", .0.count(Outcome::is_failed), .0.steps().len())]
    Failed(Box<Report>),
    /// The telemetry runtime could not start or stop.
    #[error("telemetry: {0}")]
    Telemetry(String),
}

impl Error {
    pub(crate) fn input(place: Place, message: impl Into<String>) -> Self {
        Self::Input {
            place,
            message: message.into(),
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// 2 when the user has to change something, 1 when something else went wrong.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input { .. } | Self::Setting(_) => 2,
            Self::Io { .. } | Self::Engine(_) | Self::Failed(_) | Self::Telemetry(_) => 1,
        }
    }
}

/// The reason of an I/O error without the operating system's number.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

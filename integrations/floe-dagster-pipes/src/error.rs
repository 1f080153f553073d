//! The error of the crate.

use std::io;

/// An error of a session: Dagster did not start the process, the parameters are unusable, the context file is
/// unreadable, or a message cannot be written. The error contains no values of the parameters.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("expected a process started by Dagster Pipes, found no variable `{0}`")]
    NotStartedByDagster(&'static str),
    #[error("`{name}`: expected {accepted}, found {found}")]
    Parameter { name: &'static str, found: String, accepted: &'static str },
    #[error("cannot write a message of Dagster Pipes: {0}")]
    Message(#[source] io::Error),
}

impl Error {
    /// Whether the process was not started by Dagster, in which case nobody receives its reports.
    pub fn is_not_started_by_dagster(&self) -> bool {
        matches!(self.0, Kind::NotStartedByDagster(_))
    }

    pub(crate) fn parameter(
        name: &'static str,
        found: impl Into<String>,
        accepted: &'static str,
    ) -> Self {
        Self(Kind::Parameter { name, found: found.into(), accepted })
    }

    pub(crate) fn message(error: io::Error) -> Self {
        Self(Kind::Message(error))
    }
}

//! The outcomes of building an asset.

use std::path::Path;

use floe_plugin::ErrorKind;
use floe_plugin::orchestrator::AssetStatus;
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_telemetry::{FloeAttributes, get_current_span, sanitize_error_message};

use super::orchestration::Orchestration;

/// The outcome of building an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The asset is in the warehouse.
    Built {
        /// The number of its rows.
        rows: u64,
    },
    /// The query of the asset failed.
    Failed {
        /// The place of the mistake and its description.
        message: String,
    },
    /// An asset that this one depends on was not built.
    Skipped {
        /// The name of that asset.
        missing: String,
    },
}

impl Outcome {
    /// Whether the asset is in the warehouse.
    pub fn is_built(&self) -> bool {
        matches!(self, Self::Built { .. })
    }

    /// Whether the query of the asset failed.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// Whether the asset was skipped because a dependency was not built.
    pub fn is_skipped(&self) -> bool {
        matches!(self, Self::Skipped { .. })
    }
}

/// An error of a query.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {message}")]
pub struct QueryError {
    place: Place,
    message: String,
}

impl QueryError {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
        }
    }

    /// The message without credentials.
    pub(super) fn redacted(&self) -> String {
        let message = sanitize_error_message(&self.message);
        format!("{}: {message}", self.place.redacted())
    }
}

/// An error that prevented an asset from being built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The query of the asset is wrong, or its data. Other assets can still be built.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The input data is wrong or a plugin failed. The run stops.
    #[error(transparent)]
    Stop(#[from] Error),
}

impl Failure {
    /// The failure of a query, whose text is in a file.
    pub(super) fn of_query(error: floe_plugin::Error, file: &Path, sql: &str) -> Self {
        if error.kind() != ErrorKind::InvalidInput {
            return Self::Stop(Error::from_plugin(error));
        }
        let error = match error.into_source::<Error>() {
            Ok(error) => return Self::Stop(error),
            Err(error) => error,
        };
        let place = Place::file(file);
        let before = error.offset().and_then(|offset| sql.get(..offset));
        let place = match before {
            Some(before) => place.line(before.matches('\n').count() as u64 + 1),
            None => place,
        };
        Self::Query(QueryError::new(place, error.to_string()))
    }

    /// The message without credentials.
    pub(super) fn redacted(&self) -> String {
        match self {
            Self::Query(error) => error.redacted(),
            Self::Stop(error) => error.redacted(),
        }
    }
}

/// Records the outcome of an asset on the current span and in the log. `attributes` are the outcome's attributes in
/// the asset's domain.
pub(super) fn record(
    key: &str,
    orchestration: Orchestration,
    built: &Result<u64, Failure>,
    attributes: &impl FloeAttributes,
) {
    let span = get_current_span();
    span.set_attributes(attributes);
    let status = match built {
        Ok(rows) => {
            tracing::info!(asset = key, rows, "built");
            AssetStatus::Success
        }
        Err(error) => {
            tracing::error!(asset = key, %error, "not built");
            if interrupt::is_requested() {
                AssetStatus::Canceled
            } else {
                AssetStatus::Failed
            }
        }
    };
    orchestration.record(status);
}

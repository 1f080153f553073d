//! The outcomes of building an asset.

use std::path::Path;

use floe_plugin::orchestrator::{AssetOutcome, AssetStatus};
use floe_telemetry::{FloeAttributes, get_current_span};

use crate::engine::{self, QueryError};
use crate::error::Error;

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

/// An error that prevented an asset from being built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The query of the asset is wrong. Other assets can still be built.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The input data is wrong or the engine failed. The run stops.
    #[error(transparent)]
    Stop(#[from] Error),
}

impl Failure {
    /// The failure of a query whose text is in `file` and starts `prefix` bytes into the statement.
    pub(super) fn of_query(error: rusqlite::Error, file: &Path, prefix: usize) -> Self {
        if engine::is_system_failure(&error) {
            return Self::Stop(error.into());
        }
        Self::Query(QueryError::explain(&error, file, prefix))
    }
}

/// Records the outcome of an asset on the current span and in the log. `attributes` are the outcome's attributes in
/// the asset's domain.
pub(super) fn record(key: &str, built: &Result<u64, Failure>, attributes: &impl FloeAttributes) {
    let span = get_current_span();
    span.set_attributes(attributes);
    let status = match built {
        Ok(rows) => {
            tracing::info!(asset = key, rows, "built");
            AssetStatus::Success
        }
        Err(error) => {
            tracing::error!(asset = key, %error, "not built");
            AssetStatus::Failed
        }
    };
    span.set_attributes(&AssetOutcome {
        status,
        missing: None,
    });
}

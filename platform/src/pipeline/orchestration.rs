//! The spans and attributes of an asset that depend on its builder: this run, or a step of Dagster.

use floe_plugin::orchestrator::{
    Asset, AssetOutcome, AssetStatus, LocalAsset, LocalAssetOutcome, Orchestrator,
};
use floe_telemetry::{ErrorType, get_current_span, traced};

/// The tracer of runs, and of assets that a run builds itself.
pub(super) const LOCAL: &str = "floe.orchestrator.local";

/// The tracer of assets that Dagster builds.
pub(super) const DAGSTER: &str = "floe.orchestrator.dagster";

/// The builder of a run's assets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Orchestration {
    /// This process, with the spans `floe.asset.{key}`, `floe.io.read`.
    Local,
    /// A process for each asset, started by Dagster, with the spans `dagster.asset.{key}`, `dagster.io.read`,
    /// `dagster.io.write`.
    Dagster,
}

impl Orchestration {
    /// Reads an input of an asset, in a span.
    pub(super) fn read<T, E: ErrorType>(
        self,
        input: &str,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Local => local_read(input, read),
            Self::Dagster => dagster_read(input, read),
        }
    }

    /// Writes the table of an asset, within a span if Dagster builds it.
    pub(super) fn write<T, E: ErrorType>(
        self,
        key: &str,
        write: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Local => write(),
            Self::Dagster => dagster_write(key, write),
        }
    }

    /// Records the outcome of an asset on the current span.
    pub(super) fn record(self, status: AssetStatus) {
        let span = get_current_span();
        let missing = None;
        match self {
            Self::Local => span.set_attributes(&LocalAssetOutcome { status, missing }),
            Self::Dagster => span.set_attributes(&AssetOutcome { status, missing }),
        }
    }
}

#[traced(
    name = "floe.io.read",
    tracer = LOCAL,
    floe_attributes = LocalAsset { key: input },
)]
fn local_read<T, E: ErrorType>(input: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    read()
}

#[traced(
    name = "dagster.io.read",
    tracer = DAGSTER,
    floe_attributes = Asset { asset_key: input, ..Asset::default() },
    attributes(Orchestrator::OPERATION = "read"),
)]
fn dagster_read<T, E: ErrorType>(input: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    read()
}

#[traced(
    name = "dagster.io.write",
    tracer = DAGSTER,
    floe_attributes = Asset { asset_key: key, ..Asset::default() },
    attributes(Orchestrator::OPERATION = "write"),
)]
fn dagster_write<T, E: ErrorType>(key: &str, write: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    write()
}

//! Runs of a data product and the assets that they build.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use floe_telemetry::FloeAttributes;
use floe_telemetry::opentelemetry::trace::Status;

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as orchestrator_span;
use crate::product::Product;

/// An operation of the orchestrator.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "orchestrator")]
pub struct Orchestrator<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The number of assets.
    pub asset_count: Option<u64>,
}

/// A run of a product.
#[derive(Clone, Copy, Debug, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.pipeline")]
pub struct PipelineRun<'a> {
    /// The id of the run.
    pub run_id: &'a str,
    /// The name of the product.
    pub name: &'a str,
    /// The trigger of the run, for example `manual`.
    pub trigger: &'a str,
}

/// The attributes of a run that are known at its end.
#[derive(Clone, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.pipeline")]
pub struct PipelineOutcome<'a> {
    /// The ids that dbt gave to the commands of the run, in the order of the assets.
    pub dbt_invocation_ids: Option<Vec<&'a str>>,
}

/// An asset that a run builds.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dagster")]
pub struct Asset<'a> {
    /// The key of the asset.
    pub asset_key: &'a str,
    /// The id of the run.
    pub run_id: Option<&'a str>,
    /// The key of the run's step that builds the asset.
    pub step_key: Option<&'a str>,
    /// The name of the job.
    pub job_name: Option<&'a str>,
    /// The key of the partition.
    pub partition_key: Option<&'a str>,
    /// The number of attempts that failed before this one.
    pub retry_number: Option<u64>,
}

/// The outcome of building an asset.
#[derive(Clone, Copy, Debug, FloeAttributes, PartialEq)]
#[floe(prefix = "dagster.asset")]
pub struct AssetOutcome<'a> {
    /// The status of the asset.
    pub status: AssetStatus,
    /// The key of the dependency that was not built.
    pub missing: Option<&'a str>,
}

/// An evaluation of a sensor.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dagster")]
pub struct Sensor<'a> {
    /// The name of the sensor.
    pub sensor_name: &'a str,
    /// The name of the job.
    pub job_name: Option<&'a str>,
}

/// The outcome of an evaluation of a sensor.
#[derive(Clone, Copy, Debug, FloeAttributes, PartialEq)]
#[floe(prefix = "dagster.sensor")]
pub struct SensorOutcome<'a> {
    /// Whether a run is requested.
    pub status: SensorStatus,
    /// The reason why no run is requested.
    pub skip_reason: Option<&'a str>,
}

/// Whether a sensor requests a run.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SensorStatus {
    /// A run is requested.
    Requested,
    /// No run is requested.
    Skipped,
}

/// An asset that the platform itself builds.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.asset")]
pub struct LocalAsset<'a> {
    /// The key of the asset.
    pub key: &'a str,
}

/// The outcome of building an asset that the platform itself builds.
#[derive(Clone, Copy, Debug, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.asset")]
pub struct LocalAssetOutcome<'a> {
    /// The status of the asset.
    pub status: AssetStatus,
    /// The key of the dependency that was not built.
    pub missing: Option<&'a str>,
}

/// The status of an asset after a run.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssetStatus {
    /// The asset was built.
    Success,
    /// The asset could not be built.
    Failed,
    /// A dependency of the asset was not built.
    Skipped,
    /// dbt left the asset as it was.
    Unchanged,
    /// A signal stopped the asset, or its process ended without a result.
    Canceled,
}

operation!("dagster.asset", Asset.asset_key);

operation!("dagster.sensor", Sensor.sensor_name);

operation!("orchestrator", Orchestrator.operation);

/// An orchestrator that builds the assets of a product in this process.
pub trait LocalOrchestrator: Lifecycle {
    /// Builds the assets of the product: calls `build` with the name of each asset, after its dependencies.
    ///
    /// # Errors
    ///
    /// An error of `build`, which stops the run.
    fn run(
        &self,
        product: &Product<'_>,
        build: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<(), Error>;
}

/// An orchestrator whose own processes build the assets of a product.
pub trait ProcessOrchestrator: Lifecycle {
    /// Writes below `folder` the files with which the orchestrator runs the product, and returns their paths.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    fn create_definitions(
        &self,
        product: &Product<'_>,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Error>;

    /// Runs the product with the files of [`create_definitions`](Self::create_definitions), and waits for the end of
    /// the run.
    ///
    /// # Errors
    ///
    /// The orchestrator cannot be started, or a signal or the time limit ended it. Any exit code is a result.
    fn run_definitions(
        &self,
        product: &Product<'_>,
        definitions: &Definitions<'_>,
    ) -> Result<RunEnd, Error>;
}

/// The files of an orchestrator, and the environment of a run.
#[derive(Clone, Copy, Debug)]
pub struct Definitions<'a> {
    /// The folder of the files.
    pub folder: &'a Path,
    /// Variables for the processes that build assets.
    pub variables: &'a [(&'a str, &'a OsStr)],
}

/// The end of a run in an orchestrator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RunEnd {
    /// The exit code of the orchestrator: 0 if all assets were built.
    pub code: i32,
    /// A description of the exit code, with the last lines of the orchestrator's output, without credentials.
    pub message: String,
}

impl Handle<dyn LocalOrchestrator> {
    /// Builds the assets, in the span `orchestrator.run`.
    ///
    /// # Errors
    ///
    /// As for [`LocalOrchestrator::run`].
    pub fn run(
        &self,
        product: &Product<'_>,
        build: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.observe(&request("run", product), |it, _| it.run(product, build))
    }
}

impl Handle<dyn ProcessOrchestrator> {
    /// Writes the orchestrator's files, in the span `orchestrator.create_definitions`.
    ///
    /// # Errors
    ///
    /// As for [`ProcessOrchestrator::create_definitions`].
    pub fn create_definitions(
        &self,
        product: &Product<'_>,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Error> {
        self.observe(&request("create_definitions", product), |it, _| {
            it.create_definitions(product, folder)
        })
    }

    /// Runs the product with the orchestrator's files, in the span `orchestrator.run`, which is an error if the exit
    /// code is not 0. `ended` is called in this span after the run, even after an error.
    ///
    /// # Errors
    ///
    /// As for [`ProcessOrchestrator::run_definitions`].
    pub fn run_definitions(
        &self,
        product: &Product<'_>,
        definitions: &Definitions<'_>,
        ended: impl FnOnce(),
    ) -> Result<RunEnd, Error> {
        self.observe(&request("run", product), |it, span| {
            let end = it.run_definitions(product, definitions);
            ended();
            let end = end?;
            span.set_attribute(PROCESS_EXIT_CODE, i64::from(end.code));
            if end.code != 0 {
                span.set_status(Status::error(end.message.clone()));
            }
            Ok(end)
        })
    }
}

/// The key of the exit code in OpenTelemetry's conventions.
const PROCESS_EXIT_CODE: &str = "process.exit.code";

fn request<'a>(operation: &'a str, product: &Product<'_>) -> Orchestrator<'a> {
    Orchestrator {
        operation,
        asset_count: Some((product.sources.len() + product.models.len()) as u64),
    }
}

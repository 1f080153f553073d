//! The commands that Dagster calls: `floe build-asset`, `floe evaluate-sensor` and `floe parse-project`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::observed::{Tree, observed};
use super::output::print;
use crate::dagster::{DagsterProduct, DagsterStep};
use crate::pipeline::RunError;

#[derive(Debug, Args)]
pub(super) struct SensorArguments {
    /// The product's folder
    #[arg(value_name = "PRODUCT")]
    folder: PathBuf,
    /// The name of the sensor
    #[arg(long)]
    name: String,
    /// The job whose runs the sensor requests
    #[arg(long)]
    job: String,
    /// The cursor of the previous evaluation
    #[arg(long)]
    cursor: Option<String>,
}

pub(super) fn build_asset(folder: &Path) -> Result<(), RunError> {
    let step = DagsterStep::open(folder)?;
    observed(step.telemetry(), None, || step.build())?.outcome
}

pub(super) fn parse_project(folder: &Path) -> Result<(), RunError> {
    let product = DagsterProduct::open(folder)?;
    observed(product.telemetry(), None, || Ok(product.parse()?))?.outcome
}

pub(super) fn evaluate_sensor(arguments: &SensorArguments) -> Result<(), RunError> {
    let sensor = DagsterProduct::open(&arguments.folder)?;
    let SensorArguments { name, job, cursor, .. } = arguments;
    // Standard output contains only the evaluation, as JSON.
    observed(sensor.telemetry(), Some(Tree::None), || {
        let evaluation = sensor.evaluate(name, job, cursor.as_deref())?;
        Ok(print(&format_args!("{}\n", serde_json::json!(evaluation)))?)
    })?
    .outcome
}

//! The metrics of a run, under the names of the platform's contract.

use floe_telemetry::MetricRecorder;
use floe_telemetry::metrics::{KeyValue, Metric};

use super::{Outcome, Report};
use crate::artifacts::CompiledArtifacts;

static METRICS: MetricRecorder = MetricRecorder::new("floe.pipeline");

/// Bounds for what takes milliseconds in a demo and hours in a warehouse.
const SECONDS: &[f64] = &[
    0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0,
];

const DURATION: Metric<'_> = Metric::new("floe.pipeline.duration")
    .with_unit("s")
    .with_description("How long a run takes.")
    .with_boundaries(SECONDS);
const RUNS: Metric<'_> = Metric::new("floe.pipeline.runs")
    .with_unit("{run}")
    .with_description("Runs that have ended.");
const FAILURES: Metric<'_> = Metric::new("floe.pipeline.failures")
    .with_unit("{run}")
    .with_description("Runs in which an asset failed.");
const MATERIALIZATIONS: Metric<'_> = Metric::new("floe.asset.materializations")
    .with_unit("{asset}")
    .with_description("Assets that a run was to build, by what became of them.");
const TRANSFORM_DURATION: Metric<'_> = Metric::new("floe.transform.duration")
    .with_unit("s")
    .with_description("How long a model takes.")
    .with_boundaries(SECONDS);
const ROWS: Metric<'_> = Metric::new("floe.transform.rows_affected")
    .with_unit("{row}")
    .with_description("Rows of a model after its last run.");
const ERRORS: Metric<'_> = Metric::new("floe.errors")
    .with_unit("{error}")
    .with_description("Errors, by the component that had them.");

/// Records what became of a run of the product.
pub(super) fn record(product: &str, artifacts: &CompiledArtifacts, report: &Report) {
    let failed = report.count(Outcome::is_failed) > 0;
    let status = if failed { "failed" } else { "success" };
    let labels = [
        KeyValue::new("floe.pipeline.name", product.to_owned()),
        KeyValue::new("floe.pipeline.status", status),
    ];
    METRICS.record_histogram(DURATION, report.took(), &labels);
    METRICS.increment(RUNS, 1, &labels);
    METRICS.increment(FAILURES, u64::from(failed), &labels[..1]);
    for step in report.steps() {
        let status = match step.outcome {
            Outcome::Built { .. } => "success",
            Outcome::Failed { .. } => "failed",
            Outcome::Skipped { .. } => "skipped",
        };
        METRICS.increment(
            MATERIALIZATIONS,
            1,
            &[
                KeyValue::new("floe.asset.key", step.key.clone()),
                KeyValue::new("floe.asset.status", status),
            ],
        );
        let model = artifacts.models.iter().find(|model| model.name == step.key);
        let component = if model.is_some() {
            "transform"
        } else {
            "ingestion"
        };
        if step.outcome.is_failed() {
            METRICS.increment(ERRORS, 1, &[KeyValue::new("component", component)]);
        }
        if let (Some(model), Outcome::Built { rows }) = (model, &step.outcome) {
            let labels = [
                KeyValue::new("floe.transform.model", model.name.clone()),
                KeyValue::new("floe.transform.layer", model.layer.to_string()),
            ];
            METRICS.record_histogram(TRANSFORM_DURATION, step.took, &labels);
            METRICS.set_gauge(ROWS, *rows, &labels);
        }
    }
}

//! The metrics of a run, under the names of the platform's contract.

use std::time::Duration;

use floe_telemetry::MetricRecorder;
use floe_telemetry::metrics::{KeyValue, Metric};

use super::{Outcome, Report};
use crate::artifacts::{CompiledArtifacts, CompiledSource};

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
const TESTS: Metric<'_> = Metric::new("floe.quality.tests_total")
    .with_unit("{test}")
    .with_description("Columns whose values were checked.");
const TESTS_PASSED: Metric<'_> = Metric::new("floe.quality.tests_passed")
    .with_unit("{test}")
    .with_description("Columns whose values are all of the column's type.");
const TESTS_FAILED: Metric<'_> = Metric::new("floe.quality.tests_failed")
    .with_unit("{test}")
    .with_description("Columns with a value that is not of the column's type.");
const VALIDATION: Metric<'_> = Metric::new("floe.compute.validation_duration")
    .with_unit("ms")
    .with_description("How long it takes to see that the engine answers.");
const VALIDATION_ERRORS: Metric<'_> = Metric::new("floe.compute.validation_errors")
    .with_unit("{error}")
    .with_description("Engines that did not answer.");

/// Records whether every value of a source is of the type that its column says. A wrong value ends the
/// reading, so nothing is known of the other columns then.
pub(super) fn checked(source: &CompiledSource, is_right: bool) {
    let labels = [
        KeyValue::new("floe.quality.model", source.name.clone()),
        KeyValue::new("floe.quality.test_name", "type"),
    ];
    let all = source.columns.len() as u64;
    let (passed, failed) = if is_right { (all, 0) } else { (0, 1) };
    METRICS.increment(TESTS, passed + failed, &labels);
    METRICS.increment(TESTS_PASSED, passed, &labels);
    METRICS.increment(TESTS_FAILED, failed, &labels);
}

/// Records how long the engine took to answer; `error`: what was wrong, if it did not.
pub(super) fn validated(plugin: &'static str, took: Duration, error: Option<&'static str>) {
    let plugin = KeyValue::new("compute.plugin", plugin);
    let status = match error {
        None => "healthy",
        Some(_) => "unhealthy",
    };
    let labels = [plugin.clone(), KeyValue::new("validation.status", status)];
    METRICS.record_histogram(VALIDATION, took.as_secs_f64() * 1e3, &labels);
    match error {
        None => METRICS.increment(VALIDATION_ERRORS, 0, &[plugin]),
        Some(error) => {
            METRICS.increment(
                VALIDATION_ERRORS,
                1,
                &[plugin, KeyValue::new("error.type", error)],
            );
        }
    }
}

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
        // Zero, too: a rate needs a series before the first error.
        let errors = u64::from(step.outcome.is_failed());
        METRICS.increment(ERRORS, errors, &[KeyValue::new("component", component)]);
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

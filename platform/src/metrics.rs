//! The metrics of a run.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use floe_plugin::{Handle, Kind};
use floe_telemetry::MetricRecorder;
use floe_telemetry::metrics::Metric;
use floe_telemetry::opentelemetry::KeyValue;

static METRICS: MetricRecorder =
    MetricRecorder::new("floe.pipeline").with_version(env!("CARGO_PKG_VERSION"));

/// The boundaries of histograms in seconds, from 10 ms, as in the demo, to two hours, as with a large warehouse.
const SECONDS: &[f64] = &[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0];

const fn metric<'a>(name: &'a str, unit: &'a str, description: &'a str) -> Metric<'a> {
    Metric::new(name).with_unit(unit).with_description(description)
}

const DURATION: Metric<'_> =
    metric("floe.pipeline.duration", "s", "Duration of a run.").with_boundaries(SECONDS);
const RUNS: Metric<'_> = metric("floe.pipeline.runs", "{run}", "Runs that ended.");
const FAILURES: Metric<'_> = metric(
    "floe.pipeline.failures",
    "{run}",
    "Failed runs, including products that could not be compiled.",
);
// These gauges describe only the last run, because each run has a process of its own.
const LAST_RUN: Metric<'_> = metric(
    "floe.pipeline.last_run.timestamp",
    "s",
    "When the last run ended, in seconds since 1970.",
);
const LAST_SUCCESS: Metric<'_> = metric(
    "floe.pipeline.last_success.timestamp",
    "s",
    "When the last successful run ended, in seconds since 1970.",
);
const LAST_DURATION: Metric<'_> =
    metric("floe.pipeline.last_run.duration", "s", "Duration of the last run.");
const LAST_FAILED: Metric<'_> = Metric::new("floe.pipeline.last_run.failed")
    .with_description("1 if the last run failed, else 0.");
const LAST_ASSETS: Metric<'_> =
    metric("floe.pipeline.last_run.assets", "{asset}", "Assets of the last run, by outcome.");
const LAST_BUILD: Metric<'_> = metric(
    "floe.transform.last_run.duration",
    "s",
    "Duration of building a model in the last run; for SQLite, with its checks.",
);
const MATERIALIZATIONS: Metric<'_> = metric(
    "floe.asset.materializations",
    "{asset}",
    "Assets that runs have built, could not build or skipped.",
);
const TRANSFORM_DURATION: Metric<'_> = metric(
    "floe.transform.duration",
    "s",
    "Duration of building a model; for SQLite, with its checks.",
)
.with_boundaries(SECONDS);
const ROWS: Metric<'_> = metric(
    "floe.transform.rows_affected",
    "{row}",
    "Rows that the last run wrote to a model, if the database reports them.",
);
const TESTS: Metric<'_> =
    metric("floe.quality.tests_total", "{test}", "Checks of tables, and tests of dbt.");
const TESTS_PASSED: Metric<'_> =
    metric("floe.quality.tests_passed", "{test}", "Checks that passed.");
const TESTS_FAILED: Metric<'_> =
    metric("floe.quality.tests_failed", "{test}", "Checks that failed.");
const VALIDATION: Metric<'_> = metric(
    "floe.compute.validation_duration",
    "ms",
    "Duration of the check of the connection to the database.",
);
const VALIDATION_ERRORS: Metric<'_> = metric(
    "floe.compute.validation_errors",
    "{error}",
    "Failed checks of the connection to the database.",
);

/// Records a check with the `recorder` of the plugin that ran it.
pub(crate) fn check(recorder: &MetricRecorder, model: &str, name: &str, passed: bool) {
    let labels = labels([("floe.quality.model", model), ("floe.quality.test_name", name)]);
    recorder.increment(TESTS, 1, &labels);
    recorder.increment(TESTS_PASSED, u64::from(passed), &labels);
    recorder.increment(TESTS_FAILED, u64::from(!passed), &labels);
}

pub(crate) fn record_run(product: &str, took: Duration, failed: bool) {
    let status = if failed { "failed" } else { "success" };
    let labels = labels([("floe.pipeline.name", product), ("floe.pipeline.status", status)]);
    METRICS.record_histogram(DURATION, took, &labels);
    METRICS.increment(RUNS, 1, &labels);
    let labels = &labels[..1];
    METRICS.increment(FAILURES, u64::from(failed), labels);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    METRICS.set_gauge(LAST_RUN, now, labels);
    METRICS.set_gauge(LAST_FAILED, u64::from(failed), labels);
    METRICS.set_gauge(LAST_DURATION, took.as_secs_f64(), labels);
    if !failed {
        METRICS.set_gauge(LAST_SUCCESS, now, labels);
    }
}

/// Records whether the engine can use the database. `error` is the type of the error if the engine cannot use it.
pub(crate) fn validated<K: ?Sized + Kind>(
    engine: &Handle<K>,
    took: Duration,
    error: Option<&'static str>,
) {
    let recorder = engine.metrics();
    let plugin = ("compute.plugin", engine.name());
    let status = if error.is_none() { "healthy" } else { "unhealthy" };
    let common = labels([plugin, ("validation.status", status)]);
    recorder.record_histogram(VALIDATION, took.as_secs_f64() * 1e3, &common);
    match error {
        None => recorder.increment(VALIDATION_ERRORS, 0, &common[..1]),
        Some(error) => {
            let labels = labels([plugin, ("error.type", error)]);
            recorder.increment(VALIDATION_ERRORS, 1, &labels);
        }
    }
}

pub(crate) fn last_assets(product: &str, status: &'static str, count: usize) {
    let labels = labels([("floe.pipeline.name", product), ("floe.asset.status", status)]);
    METRICS.set_gauge(LAST_ASSETS, count as u64, &labels);
}

pub(crate) fn asset(key: &str, status: &'static str) {
    let labels = labels([("floe.asset.key", key), ("floe.asset.status", status)]);
    METRICS.increment(MATERIALIZATIONS, 1, &labels);
}

/// Records a model that was built. `rows` is `None` if dbt does not report the number.
pub(crate) fn model(name: &str, layer: &str, took: f64, rows: Option<u64>) {
    let labels = labels([("floe.transform.model", name), ("floe.transform.layer", layer)]);
    METRICS.record_histogram(TRANSFORM_DURATION, took, &labels);
    METRICS.set_gauge(LAST_BUILD, took, &labels);
    if let Some(rows) = rows {
        METRICS.set_gauge(ROWS, rows, &labels);
    }
}

fn labels<const N: usize>(pairs: [(&'static str, &str); N]) -> [KeyValue; N] {
    pairs.map(|(key, value)| KeyValue::new(key, value.to_owned()))
}

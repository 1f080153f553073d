//! Records failures of operations on spans, and counts each in the metric `floe.errors` for the component in which it
//! began.

use std::cell::Cell;

use floe_telemetry::metrics::Metric;
use floe_telemetry::opentelemetry::KeyValue;
use floe_telemetry::{ActiveSpan, ErrorType, MetricRecorder};

use crate::error::Error;

static METRICS: MetricRecorder =
    MetricRecorder::new("floe.plugin").with_version(env!("CARGO_PKG_VERSION"));

const ERRORS: Metric<'_> =
    Metric::new("floe.errors").with_unit("{error}").with_description("Errors, by component.");

thread_local! {
    /// Whether nested code on this thread has counted a failure.
    static IS_COUNTED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `run`, and counts its error for `component` in the metric `floe.errors` if `is_failure` accepts it. A failure
/// that `run` itself has counted on this thread, for example in an operation of a plugin, is not counted again.
///
/// ```
/// use floe_plugin::failure::counted;
///
/// let load = || counted("storage", |_| true, || Err::<(), _>("the bucket is gone"));
/// // One error of `storage`.
/// assert!(counted("pipeline", |_| true, load).is_err());
/// ```
///
/// # Errors
///
/// The errors of `run`.
pub fn counted<T, E>(
    component: &'static str,
    is_failure: impl FnOnce(&E) -> bool,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let before = IS_COUNTED.replace(false);
    let result = run();
    let is_failure = result.as_ref().err().is_some_and(is_failure);
    // A call without a failure is recorded as zero, because a rate needs a data point before the first error.
    let errors = u64::from(is_failure && !IS_COUNTED.get());
    METRICS.increment(ERRORS, errors, &[KeyValue::new("component", component)]);
    IS_COUNTED.set(before || is_failure || IS_COUNTED.get());
    result
}

/// Runs an operation of a plugin, counts its failure, and records its error on `span`. The error gets this domain
/// unless it already has one.
pub(crate) fn observed<T>(
    span: &ActiveSpan,
    domain: &'static str,
    run: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let result = counted(domain, Error::is_failure, run).map_err(|error| error.in_domain(domain));
    result.inspect_err(|error| record(span, error))
}

pub(crate) fn record(span: &ActiveSpan, error: &Error) {
    span.record_exception(error);
    span.set_attribute("error.type", error.error_type());
}

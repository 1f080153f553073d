//! Flush and shutdown of the metrics in the background: the SDK waits for exporters without a timeout, the
//! callers wait for a report with one.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use crate::caught::caught;
use crate::error::Error;
use crate::program_signals;

/// The result of a flush or a shutdown, once it has ended.
#[derive(Debug, Default)]
pub(crate) struct MetricReport {
    result: Mutex<Option<Result<(), String>>>,
    changed: Condvar,
}

impl MetricReport {
    /// Waits for the result, at most for `timeout`. `None` if there is none.
    pub(crate) fn wait(&self, timeout: Duration) -> Option<Result<(), String>> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = (self.changed).wait_timeout_while(result, timeout, |it| it.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    fn complete(&self, work: impl FnOnce() -> OTelSdkResult) {
        let result = match caught(work) {
            Ok(result) => result.map_err(|error| match error {
                OTelSdkError::InternalFailure(reason) => reason,
                error => error.to_string(),
            }),
            Err(_) => Err("an exporter panicked".to_owned()),
        };
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        self.changed.notify_all();
    }
}

/// The flushes of a meter provider. At most one runs, and all that are requested meanwhile are one flush
/// after it.
#[derive(Debug, Default)]
pub(super) struct Flushes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    is_running: bool,
    /// The flush that runs next.
    next: Option<Arc<MetricReport>>,
}

impl Flushes {
    /// Requests a flush that begins after this call.
    pub(super) fn request(
        self: &Arc<Self>,
        flush: impl Fn() -> OTelSdkResult + Send + 'static,
    ) -> Result<Arc<MetricReport>, Error> {
        let mut state = self.lock();
        let report = Arc::clone(state.next.get_or_insert_default());
        if !state.is_running {
            let flushes = Arc::clone(self);
            let started = start(move || {
                while let Some(report) = flushes.next() {
                    report.complete(&flush);
                }
            });
            if let Err(error) = started {
                state.next = None;
                return Err(error);
            }
            state.is_running = true;
        }
        Ok(report)
    }

    fn next(&self) -> Option<Arc<MetricReport>> {
        let mut state = self.lock();
        let next = state.next.take();
        state.is_running = next.is_some();
        next
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` on a thread of its own.
pub(super) fn in_background(
    work: impl FnOnce() -> OTelSdkResult + Send + 'static,
) -> Result<Arc<MetricReport>, Error> {
    let report = Arc::<MetricReport>::default();
    let completed = Arc::clone(&report);
    start(move || completed.complete(work))?;
    Ok(report)
}

fn start(work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = program_signals::thread("floe-metrics");
    let started = program_signals::spawn(thread, || {
        let _quiet = Context::enter_telemetry_suppressed_scope();
        work();
    });
    started
        .map(drop)
        .map_err(|error| Error::thread("floe-metrics", &error))
}

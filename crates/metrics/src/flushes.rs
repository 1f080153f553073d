//! Flush and shutdown of the metrics in the background: the SDK waits for exporters without a timeout, the
//! callers wait for a report with one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use floe_telemetry_sdk::__parts::metrics::MetricReport;
use floe_telemetry_sdk::Error;
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;

use crate::program_signals;

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

    /// Runs `work` on a thread of its own.
    pub(super) fn begin(
        work: impl FnOnce() -> OTelSdkResult + Send + 'static,
    ) -> Result<Arc<MetricReport>, Error> {
        let report = Arc::<MetricReport>::default();
        let completed = Arc::clone(&report);
        start(move || completed.complete(work))?;
        Ok(report)
    }
}

fn start(work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = program_signals::thread("floe-metrics");
    let started = program_signals::spawn(thread, || {
        let _quiet = Context::enter_telemetry_suppressed_scope();
        work();
    });
    started.map(drop).map_err(|error| Error::thread("floe-metrics", &error))
}

//! Runs a `SpanExporter` of the OpenTelemetry SDK.
//!
//! A blocked exporter cannot be interrupted. So it has its own thread, and the worker's thread waits for it no longer
//! than the timeout of an export.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::channel::{Receiver, RecvTimeoutError, Sender, channel};
use crate::clock::{Instant, monotonic_now};
use crate::collector::{
    BatchExporter, BatchingDestination, Destination, ExportFailure, ExporterId, SpanDataBatch,
    Worker, WorkerSettings, block_on_until, guarded,
};
use crate::error::Error;
use crate::program_signals;

enum Call {
    /// The spans, and the deadline of the export.
    Export(Vec<SpanData>, Option<Instant>),
    Flush,
    Shutdown(Duration),
}

/// The worker's half of an exporter.
#[derive(Debug)]
struct SdkExporter {
    calls: Sender<Call>,
    results: Receiver<Result<(), ExportFailure>>,
    /// The number of overdue calls, some of which may have returned since then.
    overdue: usize,
    timeout: Duration,
}

/// Starts an exporter on its own thread. Like the SDK's batch processor, the thread has no async runtime, so an
/// exporter must bring the runtime that it needs.
///
/// # Errors
///
/// The exporter panics, or a thread cannot be started.
pub fn plain<E: SpanExporter + 'static>(
    id: &ExporterId,
    mut exporter: E,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Box<dyn Destination>, Error> {
    let name = &*id.name;
    guarded(|| {
        exporter.set_resource(resource);
        Ok::<_, String>(())
    })
    .map_err(|_| Error::export(format!("the exporter `{name}` panicked while it was created")))?;
    let (results, to_receive) = channel();
    let (calls, to_serve) = channel();
    program_signals::spawn(format!("floe-{name}-export"), move || {
        serve(exporter, &to_serve, &results);
    })
    .map_err(|error| Error::thread(name, &error))?;
    let exporter =
        SdkExporter { calls, results: to_receive, overdue: 0, timeout: settings.export_timeout };
    let worker = Worker::start(id, move || Ok(Box::new(exporter) as _), settings)?;
    let builder = SpanDataBatch::default();
    Ok(Box::new(BatchingDestination::new(builder, worker)))
}

/// Serves calls until the worker drops its half.
fn serve<E: SpanExporter>(
    exporter: E,
    calls: &Receiver<Call>,
    results: &Sender<Result<(), ExportFailure>>,
) {
    let _quiet = Context::enter_telemetry_suppressed_scope();
    while let Ok(call) = calls.recv() {
        if results.send(execute(&exporter, call)).is_err() {
            break;
        }
    }
    // The exporter's `Drop` may be user code, which may panic.
    let _ = guarded(|| {
        drop(exporter);
        Ok::<_, String>(())
    });
}

fn execute<E: SpanExporter>(exporter: &E, call: Call) -> Result<(), ExportFailure> {
    guarded(|| match call {
        Call::Export(batch, deadline) => match block_on_until(deadline, exporter.export(batch)) {
            Some(result) => result.map_err(ExportFailure::from),
            None => Err(ExportFailure::timeout("the export was given up".to_owned())),
        },
        Call::Flush => exporter.force_flush().map_err(ExportFailure::from),
        Call::Shutdown(timeout) => {
            exporter.shutdown_with_timeout(timeout).map_err(ExportFailure::from)
        }
    })
}

impl SdkExporter {
    /// Waits for the result, at most for `timeout`.
    fn call(&mut self, call: Call, timeout: Duration) -> Result<(), ExportFailure> {
        let deadline = monotonic_now().checked_add(timeout);
        while self.overdue > 0 {
            let late = self.receive(deadline);
            let _ = late.ok_or_else(|| {
                ExportFailure::timeout(format!(
                    "the exporter has not returned from an earlier call within {timeout:?}"
                ))
            })?;
            self.overdue -= 1;
        }
        // If the thread has ended, no result arrives.
        let _ = self.calls.send(call);
        self.receive(deadline).unwrap_or_else(|| {
            self.overdue += 1;
            Err(ExportFailure::timeout(format!("the exporter has not returned within {timeout:?}")))
        })
    }

    /// Receives the result; `None` if there is no result at the deadline.
    fn receive(&self, deadline: Option<Instant>) -> Option<Result<(), ExportFailure>> {
        let received = match deadline {
            Some(at) => {
                let rest = at.saturating_duration_since(monotonic_now());
                self.results.recv_timeout(rest)
            }
            None => self.results.recv().map_err(RecvTimeoutError::from),
        };
        match received {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                Some(Err("the exporter's thread has ended".to_owned().into()))
            }
        }
    }
}

impl BatchExporter<Vec<SpanData>> for SdkExporter {
    fn export(&mut self, batch: Vec<SpanData>) -> Result<(), ExportFailure> {
        let deadline = monotonic_now().checked_add(self.timeout);
        self.call(Call::Export(batch, deadline), self.timeout)
    }

    fn flush(&mut self) -> Result<(), String> {
        let flushed = self.call(Call::Flush, self.timeout);
        flushed.map_err(|failure| failure.reason)
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        let ended = self.call(Call::Shutdown(timeout), timeout);
        ended.map_err(|failure| failure.reason)
    }
}

//! One exporter as the pipeline sees it: the batch that is being collected for it, and its thread.

use std::fmt;
use std::mem;
use std::sync::mpsc::Sender;
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

use super::enrich::EnrichedSpan;
use super::worker::{Report, Worker};

/// An exporter, independent of the form of its batches.
pub(crate) trait Destination: fmt::Debug + Send {
    /// Adds a span to the open batch.
    fn push(&mut self, span: &EnrichedSpan<'_>);

    /// Queues the open batch, which has this many spans, for the exporter's thread.
    fn ship(&mut self, spans: usize);

    /// Whether the queue has room for the `open` spans of the open batch and one more.
    fn has_room(&self, open: usize) -> bool;

    fn flush(&self, report: &Sender<Report>);

    fn shutdown(&self, timeout: Duration, report: &Sender<Report>);
}

/// Collects spans into batches, on the collector thread.
pub(crate) trait BatchBuilder: fmt::Debug + Send {
    /// The form in which the exporter receives a batch.
    type Batch: fmt::Debug + Send + 'static;

    fn push(&mut self, span: &EnrichedSpan<'_>);

    /// Returns the spans since the last call and starts a new batch.
    fn take(&mut self) -> Self::Batch;
}

/// Batches for exporters of the OpenTelemetry SDK.
#[derive(Debug, Default)]
pub(crate) struct SpanDataBatch(Vec<SpanData>);

impl BatchBuilder for SpanDataBatch {
    type Batch = Vec<SpanData>;

    fn push(&mut self, span: &EnrichedSpan<'_>) {
        self.0.push(span.into());
    }

    fn take(&mut self) -> Vec<SpanData> {
        let capacity = self.0.len();
        mem::replace(&mut self.0, Vec::with_capacity(capacity))
    }
}

/// The builder of an exporter's batches, and the worker that exports them.
#[derive(Debug)]
pub(crate) struct BatchingDestination<B: BatchBuilder> {
    pub(crate) builder: B,
    pub(crate) worker: Worker<B::Batch>,
}

impl<B: BatchBuilder> Destination for BatchingDestination<B> {
    fn push(&mut self, span: &EnrichedSpan<'_>) {
        self.builder.push(span);
    }

    fn ship(&mut self, spans: usize) {
        self.worker.export(spans, self.builder.take());
    }

    fn has_room(&self, open: usize) -> bool {
        self.worker.has_room_for(open + 1)
    }

    fn flush(&self, report: &Sender<Report>) {
        self.worker.flush(report);
    }

    fn shutdown(&self, timeout: Duration, report: &Sender<Report>) {
        self.worker.shutdown(timeout, report);
    }
}

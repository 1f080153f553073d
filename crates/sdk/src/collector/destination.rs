//! The interface of the pipeline to an exporter, which has an open batch and a thread.

use std::fmt;
use std::mem;
use std::time::Duration;

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

use super::enrich::EnrichedSpan;
use super::exports::ExporterId;
use super::worker::{BatchExporter, Report, Size, Worker, WorkerSettings};
use crate::channel::Sender;
use crate::error::Error;
use crate::recorder::SpanRecord;

/// An exporter with any type of batch.
pub trait Destination: Send {
    /// Adds a span to the open batch. Returns whether the batch has so many bytes that it must be queued.
    fn push(&mut self, span: &EnrichedSpan<'_>) -> bool;

    /// Queues the open batch, which has this number of spans, to be exported by the exporter's thread.
    fn ship(&mut self, spans: usize);

    /// Discards the open batch, because a panic may have damaged it.
    fn discard(&mut self);

    /// Returns how many spans fit into the queue, in addition to the `open` spans of the open batch. Spans are assumed
    /// to be as large as in the last batch.
    fn room(&self, open: usize) -> usize;

    /// Flushes the exporter and sends the result to `report`.
    fn flush(&self, report: &Sender<Report>);

    /// Shuts the exporter down, see `Worker::shutdown`.
    fn shutdown(&self, timeout: Duration, report: &Sender<Report>);
}

/// Collects spans into batches, on the collector thread.
pub trait BatchBuilder: Send {
    /// The type of batch that the exporter receives.
    type Batch: fmt::Debug + Send + 'static;

    /// Adds a span and returns the approximate number of bytes that it takes in the batch.
    fn push(&mut self, span: &EnrichedSpan<'_>) -> usize;

    /// Returns the current batch and starts a new one.
    fn take(&mut self) -> Self::Batch;

    /// Discards the current batch and starts a new one, even if a panic has interrupted another method.
    fn discard(&mut self);
}

#[derive(Debug, Default)]
pub(crate) struct SpanDataBatch(Vec<SpanData>);

impl BatchBuilder for SpanDataBatch {
    type Batch = Vec<SpanData>;

    fn push(&mut self, span: &EnrichedSpan<'_>) -> usize {
        let span = SpanData::from(span);
        let bytes = span_data_bytes(&span);
        self.0.push(span);
        bytes
    }

    fn take(&mut self) -> Vec<SpanData> {
        let capacity = self.0.len();
        mem::replace(&mut self.0, Vec::with_capacity(capacity))
    }

    fn discard(&mut self) {
        self.0.clear();
    }
}

/// Returns the approximate number of bytes that a `SpanData` occupies in memory.
pub fn span_data_bytes(span: &SpanData) -> usize {
    let events = span.events.iter().map(|event| {
        size_of_val(event) + event.name.len() + SpanRecord::bytes_of(&event.attributes)
    });
    let links =
        span.links.iter().map(|link| size_of_val(link) + SpanRecord::bytes_of(&link.attributes));
    let description = match &span.status {
        Status::Error { description } => description.len(),
        Status::Unset | Status::Ok => 0,
    };
    size_of::<SpanData>()
        + span.name.len()
        + description
        + SpanRecord::bytes_of(&span.attributes)
        + events.sum::<usize>()
        + links.sum::<usize>()
}

struct BatchingDestination<B: BatchBuilder> {
    builder: B,
    worker: Worker<B::Batch>,
    bytes: usize,
    /// The average bytes of a span in the last batch, as an estimate for the next batch.
    bytes_per_span: usize,
}

/// The estimate for the first batch: the bytes of a span with a few attributes.
const USUAL_BYTES_PER_SPAN: usize = 1024;

impl WorkerSettings {
    /// Starts an exporter whose batches `builder` collects, see `Worker::start`.
    ///
    /// # Errors
    ///
    /// The thread or the exporter cannot be started.
    pub fn start<B: BatchBuilder + 'static>(
        &self,
        id: &ExporterId,
        builder: B,
        make: impl FnOnce() -> Result<Box<dyn BatchExporter<B::Batch>>, Error> + Send + 'static,
    ) -> Result<Box<dyn Destination>, Error> {
        let worker = Worker::start(id, make, self)?;
        let bytes_per_span = USUAL_BYTES_PER_SPAN;
        Ok(Box::new(BatchingDestination { builder, worker, bytes: 0, bytes_per_span }))
    }
}

impl<B: BatchBuilder> Destination for BatchingDestination<B> {
    fn push(&mut self, span: &EnrichedSpan<'_>) -> bool {
        self.bytes += self.builder.push(span);
        self.bytes >= self.worker.largest_batch()
    }

    fn ship(&mut self, spans: usize) {
        let bytes = mem::take(&mut self.bytes);
        self.bytes_per_span = bytes / spans.max(1);
        self.worker.export(Size { spans, bytes }, self.builder.take());
    }

    fn discard(&mut self) {
        self.bytes = 0;
        self.builder.discard();
    }

    fn room(&self, open: usize) -> usize {
        let room = self.worker.room(Size { spans: open, bytes: self.bytes });
        room.spans.min(room.bytes.div_ceil(self.bytes_per_span.max(1)))
    }

    fn flush(&self, report: &Sender<Report>) {
        self.worker.flush(report);
    }

    fn shutdown(&self, timeout: Duration, report: &Sender<Report>) {
        self.worker.shutdown(timeout, report);
    }
}

//! One place that spans go to: the batch that is being collected, and the exporter's thread.

use std::fmt;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::batch::Intake;
use super::enrich::EnrichedSpan;
use super::worker::{Report, Worker};

/// What the pipeline asks of a destination, whatever form its batches have.
pub(crate) trait Destination: fmt::Debug + Send {
    fn push(&mut self, span: &EnrichedSpan<'_>);

    /// Hands the batch to the exporter's thread.
    fn ship(&mut self, spans: usize);

    /// Whether one more span fits behind the `open` ones of the batch that is being collected.
    fn has_room(&self, open: usize) -> bool;

    fn flush(&self, report: &Sender<Report>);

    fn shutdown(&self, timeout: Duration, report: &Sender<Report>);
}

/// An intake and the worker that takes its batches.
#[derive(Debug)]
pub(crate) struct Lane<I: Intake> {
    pub(crate) intake: I,
    pub(crate) worker: Worker<I::Batch>,
}

impl<I: Intake> Destination for Lane<I> {
    fn push(&mut self, span: &EnrichedSpan<'_>) {
        self.intake.push(span);
    }

    fn ship(&mut self, spans: usize) {
        self.worker.export(spans, self.intake.take());
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

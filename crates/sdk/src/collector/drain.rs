//! A flush or a shutdown on the collector thread. The collector first fetches all earlier spans, and then flushes or
//! shuts down the exporters.

use std::time::Duration;

use super::pipeline::Pipeline;
use super::watermarks::Watermarks;
use super::worker::Report;
use crate::channel::{Sender, channel};
use crate::clock::{Instant, monotonic_now};
use crate::recorder::Buffer;

/// A pending flush or shutdown, which waits until the collector has fetched every earlier span.
#[derive(Debug)]
pub(crate) struct Drain {
    /// The positions up to which the threads' buffers must be read.
    pub(super) watermarks: Watermarks,
    /// The time at which the wait ends. A shutdown then drops and counts spans that do not fit into a queue.
    pub(super) deadline: Option<Instant>,
    /// The timeout of the exporters in a shutdown; `None` for a flush.
    pub(super) shutdown: Option<Duration>,
    report: Sender<Report>,
    /// Sends the number of expected reports to the caller.
    expected: Sender<usize>,
}

impl Drain {
    pub(crate) fn new(
        deadline: Option<Instant>,
        shutdown: Option<Duration>,
        report: Sender<Report>,
        expected: Sender<usize>,
    ) -> Self {
        Self { watermarks: Watermarks::default(), deadline, shutdown, report, expected }
    }

    /// Creates a flush of a pipeline that is being replaced. No caller waits for this flush.
    pub(super) fn late() -> Self {
        Self::new(None, None, channel().0, channel().0)
    }

    pub(super) fn is_fetched(&self, buffers: &[Buffer]) -> bool {
        self.watermarks.are_reached(buffers)
    }

    pub(super) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= monotonic_now())
    }

    /// Flushes the exporters or, for a shutdown, removes the pipeline and shuts its exporters down.
    pub(super) fn finish(self, pipeline: &mut Option<Pipeline>) {
        let expected = match self.shutdown {
            Some(timeout) => {
                pipeline.take().map(|pipeline| pipeline.shutdown(timeout, &self.report))
            }
            None => pipeline.as_mut().map(|pipeline| pipeline.flush(&self.report)),
        };
        let _ = self.expected.send(expected.unwrap_or(0));
    }
}

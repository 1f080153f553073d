//! Flush and shutdown on the collector thread: fetches spans first, then flushes or shuts down the
//! exporters.

use std::time::Duration;

use super::pipeline::Pipeline;
use super::watermarks::Watermarks;
use super::worker::Report;
use crate::channel::{Sender, channel};
use crate::clock::{Instant, monotonic_now};
use crate::recorder::Buffer;

/// A pending flush or shutdown. It is complete when every earlier span is fetched.
#[derive(Debug)]
pub(crate) struct Drain {
    /// The spans that must be fetched.
    pub(super) watermarks: Watermarks,
    /// The time after which spans that do not fit into a queue are dropped and counted.
    pub(super) deadline: Option<Instant>,
    /// The timeout of the exporters in a shutdown; `None` for a flush.
    pub(super) shutdown: Option<Duration>,
    report: Sender<Report>,
    /// Receives the number of reports that will follow.
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

    /// A flush of the pipeline that is replaced. No caller waits for it.
    pub(super) fn late() -> Self {
        Self::new(None, None, channel().0, channel().0)
    }

    pub(super) fn is_fetched(&self, buffers: &[Buffer]) -> bool {
        self.watermarks.are_reached(buffers)
    }

    pub(super) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= monotonic_now())
    }

    /// Flushes the exporters, or removes the pipeline and shuts them down.
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

//! Flush and shutdown: what must have been fetched before the exporters are asked to deliver.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::goals::Goals;
use super::pipeline::Pipeline;
use super::worker::Report;
use crate::clock::monotonic_now;
use crate::recorder::Buffer;

/// A flush or a shutdown that waits until every span that had ended before it was fetched.
#[derive(Debug)]
pub(crate) struct Drain {
    goals: Goals,
    /// Then the rest is dropped, and counted.
    deadline: Option<Instant>,
    /// The time that a shutdown gives the exporters; `None` for a flush.
    shutdown: Option<Duration>,
    report: Sender<Report>,
    /// Is told how many reports there will be.
    expected: Sender<usize>,
}

impl Drain {
    pub(crate) fn new(
        deadline: Option<Instant>,
        shutdown: Option<Duration>,
        report: Sender<Report>,
        expected: Sender<usize>,
    ) -> Self {
        Self {
            goals: Goals::default(),
            deadline,
            shutdown,
            report,
            expected,
        }
    }

    /// Takes note of what there is at this moment.
    pub(super) fn begin(&mut self, buffers: &[Buffer]) {
        self.goals = Goals::of(buffers);
    }

    /// Whether all of it was fetched.
    pub(super) fn is_fetched(&self, buffers: &[Buffer]) -> bool {
        self.goals.are_reached(buffers)
    }

    pub(super) const fn is_shutdown(&self) -> bool {
        self.shutdown.is_some()
    }

    pub(super) fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= monotonic_now())
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Asks the exporters. A shutdown takes the pipeline along.
    pub(super) fn finish(self, pipeline: &mut Option<Pipeline>) {
        let expected = match self.shutdown {
            Some(timeout) => pipeline
                .take()
                .map(|pipeline| pipeline.shutdown(timeout, &self.report)),
            None => pipeline
                .as_mut()
                .map(|pipeline| pipeline.flush(&self.report)),
        };
        let _ = self.expected.send(expected.unwrap_or(0));
    }
}

//! A protocol over which requests are sent.

use std::fmt;

use bytes::Bytes;

use super::response::Outcome;

/// Sends requests over one protocol, without retries. It blocks the thread of the exporter.
pub(super) trait Transport: fmt::Debug + Send {
    /// Prepares a request once for all attempts to send it, for example by compressing it.
    fn encode(&self, request: Bytes) -> Result<Bytes, String> {
        Ok(request)
    }

    /// Sends a request once, within the [time limit](super::time_limit::TimeLimit) of the exporter.
    fn send(&mut self, request: Bytes) -> Outcome;
}

/// Sends nothing: no proxy of this kind can be used.
#[derive(Debug)]
pub(super) struct Unreachable(pub(super) &'static str);

impl Transport for Unreachable {
    fn send(&mut self, _: Bytes) -> Outcome {
        Outcome::Unanswered(format!("the connection failed: {}", self.0))
    }
}

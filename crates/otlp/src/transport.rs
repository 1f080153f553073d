//! A protocol over which requests are sent.

use bytes::Bytes;

use super::response::Outcome;

/// Sends requests over one protocol, without retries. It blocks the thread of the exporter.
pub(super) trait Transport: Send {
    /// Prepares a request once for all attempts to send it, for example by compressing it.
    fn encode(&self, request: Bytes) -> Result<Bytes, String> {
        Ok(request)
    }

    /// Sends a request once, within the [time limit](super::time_limit::TimeLimit) of the exporter.
    fn send(&mut self, request: Bytes) -> Outcome;
}

/// Sends nothing, because the proxy of the environment cannot be used.
pub(super) struct UnknownProxy;

impl Transport for UnknownProxy {
    fn send(&mut self, _: Bytes) -> Outcome {
        let reason = "the connection failed: the proxy of the environment is not an HTTP proxy, expected `http://host:port`";
        Outcome::Unanswered(reason.to_owned())
    }
}

//! A protocol over which requests are sent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use super::response::Outcome;

/// Sends requests over one protocol, without retries.
pub(super) trait Transport: fmt::Debug + Send {
    /// Prepares a request once for all attempts to send it, for example by compressing it.
    fn encode(&self, request: Bytes) -> Result<Bytes, String> {
        Ok(request)
    }

    /// Sends a request once. The caller stops waiting after `timeout`.
    fn send(
        &mut self,
        request: Bytes,
        timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = Outcome> + '_>>;

    /// Uses a new connection from now on. A connection on which a request was abandoned is not used again
    /// in any case over HTTP/1.
    fn reconnect(&mut self) {}
}

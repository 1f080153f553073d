//! Requests that are written somewhere instead of being sent to an endpoint.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use floe_telemetry_sdk::__parts::exporter::SharedWriter;
use floe_telemetry_sdk::exporter::OtlpRequest;

use super::response::Outcome;
use super::{Transport, json};
use crate::config::Signal;
use crate::redaction::sanitize_error_message;

/// Writes the requests of a signal.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) signal: Signal,
    pub(super) writer: SharedWriter,
}

impl Transport for Written {
    fn send(
        &mut self,
        request: Bytes,
        timeout: Duration,
    ) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
        let mut writer = self.writer.lock();
        let request = OtlpRequest::new(self.signal, &request, json::encode);
        let outcome = match writer.write(request, timeout) {
            Ok(()) => Outcome::Accepted { rejected: 0, message: String::new() },
            Err(error) => Outcome::Rejected(error.to_string()),
        };
        Box::pin(ready(outcome))
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        let mut writer = self.writer.lock();
        let ended = writer.shutdown(timeout);
        ended.map_err(|error| sanitize_error_message(&error.to_string()).into_owned())
    }
}

//! Sends requests of metrics and logs, whose exporters the OpenTelemetry SDK calls from its threads.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use opentelemetry_sdk::error::OTelSdkError;

use super::{Otlp, OtlpTarget, connect};
use crate::collector::BatchExporter;
use crate::config::Signal;
use crate::error::Error;
use crate::sanitizer::sanitize_error_message;

/// A transport that can be used from any thread until it is closed. Sending blocks.
pub(super) struct Sender(Mutex<Option<Otlp>>);

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl Sender {
    pub(super) fn new(target: &OtlpTarget, signal: Signal) -> Result<Self, Error> {
        Ok(Self(Mutex::new(Some(connect(target, signal)?))))
    }

    /// Sends a request. The text of an error is redacted.
    pub(super) fn send(&self, request: Vec<u8>) -> Result<(), OTelSdkError> {
        let mut otlp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let otlp = otlp.as_mut().ok_or(OTelSdkError::AlreadyShutdown)?;
        otlp.export(request.into()).map_err(|reason| {
            OTelSdkError::InternalFailure(sanitize_error_message(&reason).into_owned())
        })
    }

    pub(super) fn close(&self) {
        let mut otlp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(otlp) = otlp.take() {
            otlp.close();
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.close();
    }
}

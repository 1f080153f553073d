//! Sends requests of metrics.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use opentelemetry_sdk::error::OTelSdkError;

use super::exporter::{Otlp, connect};
use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_sdk::__parts::collector::{Counters, ExportFailure};
use floe_telemetry_sdk::__parts::config::Signal;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::Error;

/// A transport that can be used from any thread until it is closed. Sending blocks.
pub(super) struct Sender(Mutex<Option<Otlp>>);

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl Sender {
    pub(super) fn new(target: &OtlpTarget, counters: &Counters) -> Result<Self, Error> {
        let ending = Arc::clone(&counters.ending);
        Ok(Self(Mutex::new(Some(connect(target, Signal::Metrics, ending)?))))
    }

    /// When a batch whose first request is sent now has to be delivered.
    pub(super) fn deadline(&self) -> Instant {
        let otlp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        otlp.as_ref().map_or_else(monotonic_now, Otlp::deadline)
    }

    /// Sends a request of a batch.
    pub(super) fn send(&self, request: Bytes, deadline: Instant) -> Result<(), ExportFailure> {
        let mut otlp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match otlp.as_mut() {
            Some(otlp) => otlp.send(request, deadline),
            None => Err(OTelSdkError::AlreadyShutdown.into()),
        }
    }

    pub(super) fn close(&self) {
        let mut otlp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        otlp.take();
    }
}

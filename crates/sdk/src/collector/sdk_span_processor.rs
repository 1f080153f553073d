//! Span processors of OpenTelemetry's SDK. A separate thread calls `on_end` with each exported span, as it would call
//! an exporter.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter, SpanProcessor};

/// Passes exported spans to `on_end` of a processor.
#[derive(Debug)]
pub(crate) struct SdkEnds(pub(crate) Box<dyn SpanProcessor>);

impl SpanExporter for SdkEnds {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            self.0.on_end(span);
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }
}

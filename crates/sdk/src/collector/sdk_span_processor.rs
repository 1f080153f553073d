//! Span processors of OpenTelemetry's SDK: their `on_end` is called on a thread of its own, like an exporter, with the span
//! as it is exported.

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter, SpanProcessor};

/// Passes the spans that are exported to `on_end` of a processor.
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

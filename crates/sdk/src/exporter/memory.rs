//! An exporter that stores spans in memory, for tests and for programs that inspect their own traces.

use std::sync::{Arc, Mutex};

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::lock::lock;

/// The maximum number of stored spans. The provider counts rejected spans as failed.
const CAPACITY: usize = 1_000_000;

/// Stores spans in memory, at most 1,000,000; further batches are rejected. Clones share the spans.
///
/// ```standalone_crate
/// use std::time::Duration;
/// use floe_telemetry::{TelemetryConfig, TelemetryProvider, exporter::MemoryExporter, traced};
///
/// #[traced]
/// fn load() {}
///
/// let memory = MemoryExporter::new();
/// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
///     .with_span_exporter(memory.clone())
///     .initialize()?;
/// load();
/// telemetry.shutdown(Duration::from_secs(5))?;
/// assert_eq!(memory.spans()[0].name, "load");
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryExporter {
    spans: Arc<Mutex<Vec<SpanData>>>,
}

impl MemoryExporter {
    /// Creates an exporter without spans.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the spans exported so far, in the order in which they arrived.
    pub fn spans(&self) -> Vec<SpanData> {
        lock(&self.spans).clone()
    }
}

impl SpanExporter for MemoryExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut spans = lock(&self.spans);
        if spans.len() + batch.len() > CAPACITY {
            return Err(opentelemetry_sdk::error::OTelSdkError::InternalFailure(format!(
                "the memory exporter is full: it stores at most {CAPACITY} spans"
            )));
        }
        spans.extend(batch);
        Ok(())
    }
}

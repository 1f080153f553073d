//! Exporters that count spans and discard them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrace::collector::{Reporter, SpanRecord};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

#[derive(Clone, Debug, Default)]
pub struct Counting(Arc<AtomicU64>);

impl Counting {
    /// Spans received so far.
    #[must_use]
    pub fn spans(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, spans: usize) {
        self.0.fetch_add(spans as u64, Ordering::Relaxed);
    }
}

impl SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.add(batch.len());
        Ok(())
    }
}

impl Reporter for Counting {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.add(spans.len());
    }
}

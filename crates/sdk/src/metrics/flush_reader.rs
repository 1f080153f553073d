//! Collects and exports metrics on the thread that flushes.

use std::fmt;
use std::sync::Weak;
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};

use super::reporting::Reporting;
use super::sdk_metrics::collection_began;
use crate::clock::monotonic_now;
use crate::collector::block_on_until;

/// A reader without a thread, in place of the periodic one of OpenTelemetry's SDK.
pub(super) struct FlushReader<E> {
    reader: ManualReader,
    exporter: Reporting<E>,
    /// The time limit of one export.
    timeout: Duration,
}

impl<E> fmt::Debug for FlushReader<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FlushReader")
    }
}

impl<E: PushMetricExporter> FlushReader<E> {
    pub(super) fn new(exporter: Reporting<E>, timeout: Duration) -> Self {
        let temporality = exporter.temporality();
        Self {
            reader: ManualReader::builder().with_temporality(temporality).build(),
            exporter,
            timeout,
        }
    }
}

impl<E: PushMetricExporter> MetricReader for FlushReader<E> {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.reader.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.reader.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        let mut metrics = ResourceMetrics::default();
        // Another reader may have collected on this thread, and left when it began.
        let _ = collection_began();
        self.collect(&mut metrics)?;
        if metrics.scope_metrics().next().is_none() {
            return Ok(());
        }
        let limit = monotonic_now().checked_add(self.timeout);
        let deadline = limit.into_iter().chain(self.exporter.end()).min();
        block_on_until(deadline, self.exporter.export(&metrics))
            .unwrap_or(Err(OTelSdkError::Timeout(self.timeout)))?;
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let flushed = self.force_flush();
        let _ = self.reader.shutdown_with_timeout(timeout);
        self.exporter.shutdown_with_timeout(timeout).and(flushed)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.reader.temporality(kind)
    }
}

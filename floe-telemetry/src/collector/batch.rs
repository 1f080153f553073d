//! Spans on their way to one exporter, in the form that it takes.

use std::fmt;
use std::mem;

use opentelemetry_sdk::trace::SpanData;

use super::enrich::EnrichedSpan;

/// Collects spans into batches, on the collector thread.
pub(crate) trait Intake: fmt::Debug + Send {
    /// What the exporter is given.
    type Batch: fmt::Debug + Send + 'static;

    fn push(&mut self, span: &EnrichedSpan<'_>);

    /// The spans so far; a new batch begins.
    fn take(&mut self) -> Self::Batch;
}

/// Collects spans for exporters of the OpenTelemetry SDK.
#[derive(Debug, Default)]
pub(crate) struct SpanDataIntake(Vec<SpanData>);

impl Intake for SpanDataIntake {
    type Batch = Vec<SpanData>;

    fn push(&mut self, span: &EnrichedSpan<'_>) {
        self.0.push(span.into());
    }

    fn take(&mut self) -> Vec<SpanData> {
        let capacity = self.0.len();
        mem::replace(&mut self.0, Vec::with_capacity(capacity))
    }
}

//! The spans that dbt Fusion reports itself, which become part of the trace.

use std::collections::HashMap;
use std::time::SystemTime;

use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::trace::{Span as _, Status, TraceContextExt as _, Tracer as _};
use floe_telemetry::{RecordedSpan, RecorderTracer};

use super::database::system_attribute;
use super::failure::{cancel, fail};
use super::nodes::MAX_OPEN;
use crate::fusion::{ERROR, Record};
use crate::node::NOT_ENDED;
use crate::node::Outcome;

/// The open spans of dbt Fusion, by their ids there, with the context for their children. The spans of nodes and that
/// of the command belong to others.
#[derive(Debug, Default)]
pub(super) struct FusionSpans(HashMap<String, (Option<RecordedSpan>, Context)>);

impl FusionSpans {
    pub(super) fn is_open(&self, record: &Record) -> bool {
        self.0.contains_key(record.span_id())
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_OPEN
    }

    /// The context of the span that a log record belongs to.
    pub(super) fn context(&self, record: &Record) -> Option<&Context> {
        self.0.get(record.span_id()).map(|(_, context)| context)
    }

    /// The context of the span that a record is below.
    pub(super) fn above(&self, record: &Record) -> Option<&Context> {
        let parent = self.0.get(record.parent_span_id()?);
        parent.map(|(_, context)| context)
    }

    /// Remembers a span that belongs to somebody else.
    pub(super) fn insert(&mut self, record: &Record, context: Context) {
        self.0.insert(record.span_id().to_owned(), (None, context));
    }

    /// Starts a span.
    pub(super) fn start(&mut self, record: &Record, tracer: &RecorderTracer, root: &Context) {
        let mut attributes = record.attributes();
        if let Some(adapter) = record.attribute("adapter_type") {
            attributes.push(system_attribute(&adapter));
        }
        let builder = tracer.span_builder(record.span_name().to_owned());
        let mut builder = builder.with_attributes(attributes);
        builder.start_time = record.start();
        let above = self.above(record).unwrap_or(root);
        let span = builder.start_with_context(tracer, above);
        let context = root.with_remote_span_context(span.span_context().clone());
        let id = record.span_id().to_owned();
        self.0.insert(id, (Some(span), context));
    }

    /// Ends a span. One that belongs to somebody else is forgotten; returns whether there is one of those.
    pub(super) fn end(&mut self, record: &Record) -> bool {
        let mut span = match self.0.remove(record.span_id()) {
            Some((Some(span), _)) => span,
            other => return other.is_some(),
        };
        span.set_attributes(record.attributes());
        match record.status() {
            Some((1, _)) => span.set_status(Status::Ok),
            Some((ERROR, message)) => fail(&mut span, message, Outcome::Error),
            _ => {}
        }
        span.end_with_timestamp(record.end().unwrap_or_else(SystemTime::now));
        false
    }

    /// Ends the spans that dbt has not ended.
    pub(super) fn cancel(&mut self, end: SystemTime) {
        for span in self.0.drain().filter_map(|(_, (span, _))| span) {
            cancel(span, end, NOT_ENDED);
        }
    }
}

//! Exceptions as log records, beside the events of spans or in their place
//! ([conventions](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/)).

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceId};

use crate::keys;
use crate::recorder::SpanRecord;

/// An exception of a span that is exported, redacted.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, missing_docs, reason = "the fields of a record")]
pub struct ExceptionLog {
    pub time: SystemTime,
    pub trace_id: TraceId,
    pub span_id: SpanId,
    pub scope: Arc<InstrumentationScope>,
    pub attributes: Vec<KeyValue>,
}

/// Passes the exceptions of spans to the log exporters.
pub(crate) struct Exceptions {
    emit: Box<dyn Fn(ExceptionLog) + Send>,
    /// Whether the events of the span stay.
    keeps_events: bool,
}

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exceptions").finish_non_exhaustive()
    }
}

impl Exceptions {
    pub(crate) fn new(emit: impl Fn(ExceptionLog) + Send + 'static, keeps_events: bool) -> Self {
        Self { emit: Box::new(emit), keeps_events }
    }

    /// Emits the exceptions of a span that is redacted.
    pub(super) fn emit(&self, record: &mut SpanRecord, scope: &Arc<InstrumentationScope>) {
        let Some(more) = &mut record.more else {
            return;
        };
        more.events.retain(|event| {
            if event.name != keys::EXCEPTION {
                return true;
            }
            (self.emit)(ExceptionLog {
                time: event.timestamp,
                trace_id: record.head.trace_id,
                span_id: record.head.span_id,
                scope: Arc::clone(scope),
                attributes: event.attributes.clone(),
            });
            self.keeps_events
        });
    }
}

//! Exceptions as log records: which exceptions of a finished span have a record, and which stay its events.
//!
//! The collector reads the spans of a thread in the order in which they ended, so a failed call is read before the call
//! around it. An exception comes from a call below if its texts (the text of the error and those of its sources) end with
//! the texts of an exception of a child span. Then the child, or a span below it, has the record.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::Event;
use opentelemetry::{KeyValue, SpanId, TraceId, Value};

use super::{LogRecords, SpanException, SpanIds};
use crate::config::{ExceptionSignal, TelemetryConfig};
use crate::internal_log::write_line;
use crate::keys;
use crate::recorder::{self, Exception, SpanRecord};

/// The number of exceptions that are remembered for the spans around them.
const MAX_BELOW: usize = 256;

/// An exception in a child of a span, by the hash of its texts.
type Below = (TraceId, SpanId, u64);

static BELOW: Mutex<VecDeque<Below>> = Mutex::new(VecDeque::new());

/// Locks the list. Returns `None` in a fork if another thread holds the lock, because that thread may not exist here.
fn lock() -> Option<MutexGuard<'static, VecDeque<Below>>> {
    if recorder::forks() > 0 {
        return BELOW.try_lock().ok();
    }
    Some(BELOW.lock().unwrap_or_else(PoisonError::into_inner))
}

fn remember(below: Below) {
    if let Some(mut list) = lock() {
        if list.len() >= MAX_BELOW {
            list.pop_front();
        }
        list.push_back(below);
    }
}

/// Notes the record of a panic, which the panic hook has written in this span.
pub fn note_panic(span: SpanIds, message: &str) {
    remember((span.trace_id, span.span_id, hash(&[message])));
}

/// Makes log records of the exceptions of finished spans.
pub(crate) struct ExceptionLogs {
    record: fn(&SpanException<'_>),
    /// Whether exceptions stay events of their spans.
    keeps_events: bool,
}

impl ExceptionLogs {
    /// Returns `None` if exceptions are only events of spans. Without an exporter of log records, they stay events, with
    /// one warning.
    pub(crate) fn of(config: &TelemetryConfig, are_exported: bool) -> Option<Self> {
        if config.exceptions == ExceptionSignal::SpanEvents {
            return None;
        }
        let records = LogRecords::linked();
        if records.is_none() || !are_exported {
            let missing = match records {
                Some(_) => "an exporter of log records, found none",
                None => "a program with the feature `logs`",
            };
            let text = format!(
                "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN (`exceptions`): `{}` expects {missing}; exceptions are events of \
                 their spans",
                config.exceptions.as_str()
            );
            write_line("warn", &text);
        }
        Some(Self {
            record: records?.exception,
            keeps_events: config.exceptions != ExceptionSignal::Logs || !are_exported,
        })
    }

    /// Makes log records of the exceptions of a span, and removes their events unless they stay.
    pub(crate) fn take(&self, record: &mut SpanRecord) {
        let events = record.more.as_mut().map(|more| mem::take(&mut more.events));
        let Some(mut events) = events.filter(|events| !events.is_empty()) else {
            return;
        };
        for event in events.iter().filter(|it| is_exception(it)) {
            self.report(record, event);
        }
        if !self.keeps_events {
            events.retain(|event| !is_exception(event));
        }
        record.more_mut().events = events;
    }

    fn report(&self, record: &mut SpanRecord, event: &Event) {
        let waiting = record.exception_mut().filter(|_| Exception::is_empty_event(event));
        let details = waiting.map(|exception| exception.details());
        let attributes = details.as_ref().unwrap_or(&event.attributes);
        if !is_of_call_below(record, attributes) {
            (self.record)(&SpanException { span: record, at: event.timestamp, attributes });
        }
    }
}

/// Whether an event is the exception of its span. An error event of `tracing` is an event like its others, which is not in
/// the logs.
fn is_exception(event: &Event) -> bool {
    let is_of_tracing = event.attributes.iter().any(|it| it.key.as_str() == keys::LEVEL);
    event.name == keys::EXCEPTION && !is_of_tracing
}

/// Whether a call below the span has the record of the exception. Remembers the exception for the call around the span.
fn is_of_call_below(record: &SpanRecord, attributes: &[KeyValue]) -> bool {
    let texts = texts(attributes);
    let head = &record.head;
    let is_below = lock().is_some_and(|list| {
        (0..texts.len()).any(|at| {
            let below = (head.trace_id, head.span_id, hash(&texts[at..]));
            list.contains(&below)
        })
    });
    if !record.is_root() {
        remember((head.trace_id, head.parent, hash(&texts)));
    }
    is_below
}

fn hash(texts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    hasher.finish()
}

/// Returns the texts of an error and its sources: the lines of a stack trace `0: …`, or else the message.
fn texts(attributes: &[KeyValue]) -> Vec<&str> {
    let text = |key: &str| {
        attributes.iter().find(|it| it.key.as_str() == key).and_then(|it| match &it.value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        })
    };
    let stack = text(keys::EXCEPTION_STACKTRACE).and_then(|stack| stack.strip_prefix("0: "));
    let Some(mut rest) = stack.or_else(|| text(keys::EXCEPTION_MESSAGE)) else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    while let Some((first, others)) = rest.split_once(&format!("\n{}: ", texts.len() + 1)) {
        texts.push(first);
        rest = others;
    }
    texts.push(rest);
    texts
}

//! Our span behind OpenTelemetry's `Span` trait.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, Span, SpanContext, Status};
use opentelemetry::{Context, KeyValue, trace::TraceContextExt};

use super::buffer;
use super::record::SpanRecord;
use crate::attributes::{AttributeValue, ToAttributeValue};
use crate::clock::Moment;
use crate::keys;

/// A span of our recorder, open until it is ended or dropped.
///
/// It is what a plain OpenTelemetry tracer of ours gives, and what sits in the `Context` while the
/// body of an annotated function runs.
#[derive(Debug)]
pub struct RecordedSpan {
    context: SpanContext,
    /// `None`: not sampled, or ended.
    record: Option<Box<SpanRecord>>,
}

/// How an annotated function ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// It returned or panicked; what it returned is recorded already.
    Completed,
    /// Its future was dropped before it was ready.
    Cancelled,
}

thread_local! {
    /// A `Context` gives access to its span through the `Span` trait alone, whose `end` takes
    /// nothing but a time. What else `end` has to know travels in this cell.
    static ENDING: Cell<Option<Ending>> = const { Cell::new(None) };
}

/// Ends the recorder's span that is in `cx`.
#[inline]
pub(super) fn end(cx: &Context, ending: Ending) {
    if ENDING.try_with(|cell| cell.set(Some(ending))).is_ok() {
        cx.span().end_with_timestamp(SystemTime::UNIX_EPOCH);
        // Already empty, unless the span was ended by hand or is not ours.
        let _ = ENDING.try_with(|cell| cell.set(None));
    } else {
        cx.span().end();
    }
}

impl RecordedSpan {
    pub(super) const fn recording(record: Box<SpanRecord>, context: SpanContext) -> Self {
        Self {
            context,
            record: Some(record),
        }
    }

    pub(super) const fn silent(context: SpanContext) -> Self {
        Self {
            context,
            record: None,
        }
    }

    fn finish(&mut self, end: Moment, ending: Option<Ending>) {
        let Some(mut record) = self.record.take() else {
            return;
        };
        record.end = end;
        match ending {
            Some(Ending::Completed) if record.status == Status::Unset => record.status = Status::Ok,
            Some(Ending::Cancelled) => record
                .attributes
                .push(keys::FLOE_CANCELLED.into(), AttributeValue::Bool(true)),
            Some(Ending::Completed) | None => {}
        }
        buffer::push(record);
    }
}

impl Span for RecordedSpan {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        if let Some(record) = &mut self.record {
            record.add_event(Event::new(name, timestamp, attributes, 0));
        }
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.record.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(record) = &mut self.record
            && let Some(value) = attribute.value.to_attribute_value()
        {
            record.attributes.push(attribute.key, value);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(record) = &mut self.record {
            record.set_status(status);
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(record) = &mut self.record {
            record.name = Some(new_name.into());
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(record) = &mut self.record {
            record.add_link(Link::new(span_context, attributes, 0));
        }
    }

    fn end(&mut self) {
        self.finish(Moment::now(), None);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        match ENDING.try_with(Cell::take) {
            Ok(Some(ending)) => self.finish(Moment::now(), Some(ending)),
            _ => self.finish(Moment::Wall(timestamp), None),
        }
    }
}

impl Drop for RecordedSpan {
    fn drop(&mut self) {
        self.finish(Moment::now(), None);
    }
}

//! Implements OpenTelemetry's `Span` trait for recorded spans.

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::mem;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, Span, SpanContext, SpanRef, Status};

use super::current::handle_in_place_of;
use super::exception::Exception;
use super::global_span::GlobalSpan;
use super::pending::Handle;
use super::record::SpanRecord;
use super::recording::Recording;
use crate::attributes::ToAttributeValue;
use crate::clock::Ticks;

/// A span that implements OpenTelemetry's `Span`, open until it is ended or dropped.
///
/// It is returned by [`RecorderTracer`](crate::RecorderTracer), and is in the `Context` while the body of
/// an annotated function runs.
///
/// A span whose end is before its start, which only explicit timestamps can cause, is exported with its start as its
/// end, because OTLP's times are unsigned, and most backends reject or misread a negative duration. If a key occurs
/// twice, its last value is exported. An attribute with an empty key is not exported and counts as dropped.
#[derive(Debug)]
pub struct RecordedSpan {
    context: SpanContext,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// The span is not sampled or has ended.
    None,
    /// A span of the OpenTelemetry API, which owns its recording.
    Owned(Box<Recording>),
    /// A span of OpenTelemetry's global provider.
    Foreign(GlobalSpan),
    /// The span of a call, which the call ends. If the span is the boundary in this thread's cell, the current span is
    /// updated instead.
    Call(Handle),
    /// The span of a call, which is updated even if it is the boundary.
    Fixed(Handle),
}

impl RecordedSpan {
    pub(super) const fn owned(context: SpanContext, recording: Box<Recording>) -> Self {
        Self { context, target: Target::Owned(recording) }
    }

    #[inline]
    pub(super) fn of_call(recording: &Recording) -> Self {
        Self { context: recording.record.context(), target: Target::Call(recording.handle()) }
    }

    pub(super) const fn fixed(context: SpanContext, handle: Handle) -> Self {
        Self { context, target: Target::Fixed(handle) }
    }

    pub(super) const fn foreign(context: SpanContext, span: GlobalSpan) -> Self {
        Self { context, target: Target::Foreign(span) }
    }

    pub(super) const fn non_recording(context: SpanContext) -> Self {
        Self { context, target: Target::None }
    }

    fn update(&mut self, act: impl FnOnce(&mut SpanRecord)) {
        let mut act = Some(act);
        self.update_by(&mut |record| {
            if let Some(act) = act.take() {
                act(record);
            }
        });
    }

    /// Updates the span. `act` is a trait object, because its code would otherwise be compiled for each branch.
    fn update_by(&mut self, act: &mut dyn FnMut(&mut SpanRecord)) {
        match &mut self.target {
            Target::Owned(recording) => recording.update(act),
            Target::Foreign(span) => {
                let mut record = SpanRecord::blank();
                act(&mut record);
                span.take_from(&mut record);
            }
            _ => {
                if let Some(handle) = self.handle() {
                    handle.update(|update| act(&mut update.record));
                }
            }
        }
    }

    fn handle(&self) -> Option<Handle> {
        match &self.target {
            Target::None | Target::Owned(_) | Target::Foreign(_) => None,
            Target::Call(handle) => Some(handle_in_place_of(&self.context).unwrap_or(*handle)),
            Target::Fixed(handle) => Some(*handle),
        }
    }

    fn end_at(&mut self, time: Option<SystemTime>) {
        if let Some(handle) = self.handle() {
            handle.update(|update| {
                update.ended = true;
                update.record.head.end = Ticks::now();
                if let Some(time) = time {
                    update.record.more_mut().end = Some(time);
                }
            });
            return;
        }

        match mem::replace(&mut self.target, Target::None) {
            Target::Owned(recording) => recording.end(time),
            Target::Foreign(span) => span.end(time),
            Target::None | Target::Call(_) | Target::Fixed(_) => {}
        }
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
        let event = Event::new(name, timestamp, attributes, 0);
        self.update(|record| record.add_event(event));
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        match &self.target {
            Target::Owned(_) => true,
            Target::Foreign(span) => span.is_open(),
            _ => self.handle().is_some_and(|handle| handle.is_open()),
        }
    }

    fn set_attribute(&mut self, KeyValue { key, value, .. }: KeyValue) {
        self.update(|record| value.set_in(&mut record.attributes, key));
    }

    fn set_status(&mut self, status: Status) {
        self.update(|record| record.set_status(status));
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        let name = new_name.into();
        self.update(|record| record.set_name(name));
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        let link = Link::new(span_context, attributes, 0);
        self.update(|record| record.add_link(link));
    }

    fn end(&mut self) {
        self.end_at(None);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.end_at(Some(timestamp));
    }
}

/// Records an error on a span of any library.
pub(super) fn record_error<E: Error + ?Sized>(span: &SpanRef<'_>, error: &E) {
    if span.is_recording() {
        Exception::of_error(type_name::<E>(), error).write_to(span);
    }
}

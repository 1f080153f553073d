//! A span while it is open. It belongs to the call, the future or the handle that ends it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use opentelemetry::Context;

use super::buffer;
use super::failure::{record_outcome, record_panic};
use super::head::Code;
use super::local;
use super::outcome::Classifier;
use super::pending::{Handle, PendingUpdates, Update};
use super::record::SpanRecord;
use super::spare;
use crate::attributes::AttributeValue;
use crate::clock::Ticks;
use crate::keys;

/// An open span. When it has ended it is blank again, and its thread keeps it for the next one.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) record: SpanRecord,
    /// The context with the span in it, if that is to be current again.
    pub(super) context: Option<Context>,
    pending: &'static PendingUpdates,
    is_open: bool,
}

impl Recording {
    #[cold]
    pub(super) fn new() -> Box<Self> {
        Box::new(Self {
            record: SpanRecord::blank(),
            context: None,
            pending: spare::take(),
            is_open: false,
        })
    }

    #[inline]
    pub(super) const fn open(&mut self) {
        self.is_open = true;
    }

    /// It is not to be recorded after all.
    #[cold]
    pub(super) fn forget(&mut self) {
        self.is_open = false;
        self.pending.close();
    }

    /// What others may speak to the span by.
    #[inline]
    pub(super) fn handle(&self) -> Handle {
        self.pending.handle()
    }

    /// Ends the span of a function that has returned `value`.
    pub(super) fn returned<T>(mut self: Box<Self>, value: &T, outcome: Classifier<T>) {
        let ended = self.close();
        if ended.is_none() {
            let record = &mut self.record;
            // Looking at the value may call the user's `AsRef` or `error_if`.
            let looked = catch_unwind(AssertUnwindSafe(|| {
                outcome(value, &mut |outcome| record_outcome(record, &outcome));
            }));
            if let Err(payload) = looked {
                record_panic(&mut self.record, &*payload);
            }
        }
        self.succeed(ended);
    }

    /// Ends the span of what has nothing to say at its end.
    pub(super) fn complete(mut self: Box<Self>) {
        let ended = self.close();
        self.succeed(ended);
    }

    /// Ends the span of a function that panicked.
    #[cold]
    pub(super) fn panicked(mut self: Box<Self>, payload: &(dyn Any + Send)) {
        let ended = self.close();
        if ended.is_none() {
            record_panic(&mut self.record, payload);
        }
        self.succeed(ended);
    }

    /// Ends the span of a future that was dropped before it was ready.
    pub(super) fn cancelled(mut self: Box<Self>) {
        let ended = self.close();
        if ended.is_none() {
            let attributes = &mut self.record.attributes;
            attributes.push(keys::FLOE_CANCELLED.into(), AttributeValue::Bool(true));
        }
        let code = self.record.head.code;
        self.hand_over(ended.unwrap_or_else(Ticks::now), code);
    }

    /// Ends a span whose status is as it is, at a time that was given, or now.
    pub(super) fn end(mut self: Box<Self>, at: Option<SystemTime>) {
        if let Some(at) = at {
            self.record.more_mut().end = Some(at);
        }
        let ended = self.close();
        let code = self.record.head.code;
        self.hand_over(ended.unwrap_or_else(Ticks::now), code);
    }

    /// What the user's code or an error has said about the status stays.
    #[inline]
    fn succeed(self: Box<Self>, ended: Option<Ticks>) {
        let (end, code) = match (ended, self.record.head.code) {
            (Some(end), code) => (end, code),
            (None, Code::Unset) => (Ticks::now(), Code::Ok),
            (None, code) => (Ticks::now(), code),
        };
        self.hand_over(end, code);
    }

    /// Nobody can say anything to the span from now on. Gives the time at which the plain API has
    /// ended it, if it has.
    #[inline]
    fn close(&mut self) -> Option<Ticks> {
        self.pending.close().and_then(|update| self.adopt(update))
    }

    #[cold]
    fn adopt(&mut self, mut update: Update) -> Option<Ticks> {
        let end = update.ended.then_some(update.record.head.end);
        self.record.adopt(&mut update.record);
        end
    }

    #[inline]
    fn hand_over(mut self: Box<Self>, end: Ticks, code: Code) {
        self.is_open = false;
        // Its values are the user's, whose destructors may make spans.
        drop(self.context.take());
        let pushed = local::with(|local| {
            let pushed = local.push(&mut self.record, end, code);
            local.keep(self);
            pushed
        });
        buffer::count(pushed);
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.is_open {
            let end = self.close().unwrap_or_else(Ticks::now);
            let code = self.record.head.code;
            buffer::count(local::with(|local| local.push(&mut self.record, end, code)));
        }
        spare::give_back(self.pending);
    }
}

//! All that a thread has for its spans, in one place, so that a span looks for it twice: when it
//! opens and when it ends.
//!
//! A thread-local value of the user may call an annotated function when it is dropped, at the end
//! of its thread. OpenTelemetry's `Context` may be gone by then, and panics if it is asked, which
//! aborts the process. What is here goes before the `Context` does, because it came after:
//! destructors run in reverse.

use std::cell::RefCell;

use opentelemetry::Context;

use super::buffer::{self, Writer};
use super::head::Code;
use super::ids::Ids;
use super::measure::{self, Measure};
use super::record::SpanRecord;
use super::recording::Recording;
use super::sampling::{KnownRules, measured};
use crate::clock::Ticks;

/// How many recordings that are not in use a thread keeps.
const KEPT: usize = 1024;

pub(super) struct Local {
    pub(super) ids: Ids,
    /// The one that was used last is taken first: it is in the cache.
    #[expect(clippy::vec_box, reason = "the boxes are what is kept")]
    blank: Vec<Box<Recording>>,
    writer: Option<Writer>,
    measures: Option<measure::Writer>,
    pub(super) rules: KnownRules,
}

thread_local! {
    static LOCAL: RefCell<Local> = {
        Context::map_current(|_| ());
        RefCell::new(Local {
            ids: Ids::seeded(),
            blank: Vec::new(),
            writer: None,
            measures: None,
            rules: KnownRules::default(),
        })
    };
}

/// Whether OpenTelemetry's current `Context` may be asked for.
#[inline]
pub(crate) fn context_is_alive() -> bool {
    LOCAL.try_with(|_| ()).is_ok()
}

/// Runs `act`, which must not call code of others. On a thread that is ending there is nothing.
#[inline]
pub(super) fn with<T>(act: impl FnOnce(&mut Local) -> T) -> Option<T> {
    LOCAL
        .try_with(|local| local.try_borrow_mut().ok().map(|mut local| act(&mut local)))
        .ok()
        .flatten()
}

impl Local {
    /// A recording for a new span.
    #[inline]
    pub(super) fn blank(&mut self) -> Box<Recording> {
        self.blank.pop().unwrap_or_else(Recording::new)
    }

    /// Hands what a finished span says over to the collector. Whether there was room.
    #[inline]
    pub(super) fn push(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if record.is_measured() {
            self.measure(record, end, code);
            return true;
        }
        let writer = self.writer.get_or_insert_with(buffer::new_writer);
        writer.push(record, end, code) || {
            self.lose(record, end, code);
            false
        }
    }

    /// A call counts, also without its span.
    #[cold]
    fn lose(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) {
        if measured::is_wanted_now(record) {
            self.measure(record, end, code);
        }
        *record = SpanRecord::blank();
    }

    /// Hands over what metrics are made of, and nothing else.
    #[inline]
    fn measure(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) {
        let writer = self.measures.get_or_insert_with(measure::new_writer);
        writer.push(Measure {
            callsite: record.head.callsite,
            more: record.more.take(),
            start: record.head.start,
            end,
            code,
        });
        record.attributes.clear();
        record.packed.clear();
    }

    /// Keeps a recording whose content was handed over.
    #[inline]
    pub(super) fn keep(&mut self, recording: Box<Recording>) {
        if self.blank.len() < KEPT {
            self.blank.push(recording);
        }
    }
}

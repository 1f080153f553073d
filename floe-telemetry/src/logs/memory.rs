//! What a thread keeps from one record to the next.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use opentelemetry::Context;

use super::current::{self, Setting};
use super::entry::Entry;
use super::timestamp::Timestamp;
use crate::collector::Redactor;

/// What one line needs, of which nothing is allocated anew for the next.
#[derive(Debug)]
pub(super) struct Memory {
    generation: u64,
    pub(super) setting: Arc<Setting>,
    pub(super) redactor: Redactor,
    pub(super) entry: Entry,
    pub(super) timestamp: Timestamp,
    pub(super) line: Vec<u8>,
}

/// The largest line that is kept for the next one.
const MAX_KEPT: usize = 64 * 1024;

thread_local! {
    static MEMORY: RefCell<Memory> = {
        // OpenTelemetry's `Context` panics if it is asked after its end. What is here goes before,
        // because it came after: destructors run in reverse.
        Context::map_current(|_| ());
        RefCell::new(Memory::new())
    };
}

impl Memory {
    fn new() -> Self {
        let (generation, setting) = current::current();
        Self {
            generation,
            redactor: Redactor::new(setting.redaction.clone()),
            setting,
            entry: Entry::new(),
            timestamp: Timestamp::new(),
            line: Vec::new(),
        }
    }

    fn refresh(&mut self) {
        if self.generation != current::generation() {
            (self.generation, self.setting) = current::current();
            self.redactor = Redactor::new(self.setting.redaction.clone());
        }
        self.line.clear();
        self.line.shrink_to(MAX_KEPT);
    }
}

/// Runs `log` with the memory of the thread, and says whether the current `Context` may be asked
/// for: not at the end of the thread, and not where `has_context` says so. Nothing runs while another
/// record of the thread is written: that could go on for ever.
pub(super) fn with(has_context: bool, log: impl FnOnce(&mut Memory, bool)) {
    let Some(_busy) = Busy::begin() else { return };
    let mut log = Some(log);
    if has_context {
        // An error: the thread is at its end.
        let _ = MEMORY.try_with(|memory| {
            if let (Ok(mut memory), Some(log)) = (memory.try_borrow_mut(), log.take()) {
                memory.refresh();
                log(&mut memory, true);
            }
        });
    }
    if let Some(log) = log {
        log(&mut Memory::new(), false);
    }
}

/// A record is being written on this thread.
struct Busy;

thread_local! {
    /// Without a destructor, so that it is there until the thread's very end.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

impl Busy {
    fn begin() -> Option<Self> {
        (!BUSY.replace(true)).then_some(Self)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.set(false);
    }
}

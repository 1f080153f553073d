//! The state that a thread keeps from one record to the next.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::InstrumentationScope;

use super::current;
use super::draft::Draft;
use super::timestamp::Timestamp;
use floe_telemetry_sdk::__parts::logs::LogRecordSettings;

#[derive(Debug)]
pub(super) struct ThreadState {
    generation: u64,
    pub(super) settings: Arc<LogRecordSettings>,
    pub(super) draft: Draft,
    pub(super) timestamp: Timestamp,
    pub(super) line: Vec<u8>,
    /// The redacted scopes of the loggers of OpenTelemetry's API. Queued records share them, because the limit of the
    /// queue does not include the size of the scopes.
    scopes: HashMap<Arc<InstrumentationScope>, Arc<InstrumentationScope>>,
}

const MAX_SCOPES: usize = 256;

/// The maximum capacity of the line buffer kept for the next record, in bytes.
const MAX_LINE_CAPACITY: usize = 64 * 1024;

thread_local! {
    static STATE: RefCell<ThreadState> = RefCell::new(ThreadState::new());
}

impl ThreadState {
    fn new() -> Self {
        let (generation, settings) = current::current();
        Self {
            generation,
            draft: Draft::new(settings.redaction.clone()),
            settings,
            timestamp: Timestamp::new(),
            line: Vec::new(),
            scopes: HashMap::new(),
        }
    }

    fn refresh(&mut self) {
        if self.generation != current::generation() {
            (self.generation, self.settings) = current::current();
            self.draft = Draft::new(self.settings.redaction.clone());
            self.scopes.clear();
        }
        self.line.clear();
        self.line.shrink_to(MAX_LINE_CAPACITY);
    }

    pub(super) fn redacted_scope(
        &mut self,
        scope: &Arc<InstrumentationScope>,
    ) -> Arc<InstrumentationScope> {
        if let Some(redacted) = self.scopes.get(scope) {
            return Arc::clone(redacted);
        }
        if self.scopes.len() >= MAX_SCOPES {
            self.scopes.clear();
        }
        let redacted = Arc::new(self.draft.redactor.scope(scope));
        self.scopes.insert(Arc::clone(scope), Arc::clone(&redacted));
        redacted
    }
}

/// Runs `log` with the state of the thread. Does nothing while the thread writes another record, because that could
/// recurse endlessly.
pub(super) fn with(log: impl FnOnce(&mut ThreadState)) {
    let Some(_busy) = Busy::begin() else { return };
    let mut log = Some(log);
    // Fails while the thread is ending.
    let _ = STATE.try_with(|state| {
        if let (Ok(mut state), Some(log)) = (state.try_borrow_mut(), log.take()) {
            state.refresh();
            log(&mut state);
        }
    });
    if let Some(log) = log {
        log(&mut ThreadState::new());
    }
}

/// Marks the thread as writing a record while this value exists.
struct Busy;

thread_local! {
    /// It has no destructor, so it stays accessible until the thread ends.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loggers_in_turn_share_their_redacted_scopes() {
        let scopes = ["orders", "payments"]
            .map(|name| Arc::new(InstrumentationScope::builder(name).build()));
        let mut state = ThreadState::new();
        let mut redacted = || scopes.each_ref().map(|scope| state.redacted_scope(scope));
        let first = redacted();
        let second = redacted();
        assert!(first.iter().zip(&second).all(|(first, second)| Arc::ptr_eq(first, second)));
    }
}

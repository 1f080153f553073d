//! The thread that writes dumps.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use floe_telemetry::opentelemetry::Context;

use crate::dump::{self, Reason};
use crate::ring::Ring;

/// How long a dump waits, so that the spans arrive that had ended before its reason. It is longer than the longest pause
/// of the collector, and what happened just after the reason is in the dump, too.
const DELAY: Duration = Duration::from_millis(1200);

/// The pause between two dumps for the same reason, unless it is a signal.
const PAUSE: Duration = Duration::from_secs(60);

/// What asks the thread for dumps of a ring.
#[derive(Debug)]
pub(crate) struct Dumper {
    pub(crate) ring: Ring,
    folder: PathBuf,
    max_files: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The dump that is to be written, and when.
    wanted: Option<(Reason, Instant)>,
    is_writing: bool,
    /// When the last dump began for each reason of a program.
    last: HashMap<Reason, Instant>,
    has_ended: bool,
}

impl State {
    /// Asks for a dump. Returns whether there is one more to wait for.
    fn ask(&mut self, reason: Reason, now: Instant) -> bool {
        let is_early = |last: &Instant| now.saturating_duration_since(*last) < PAUSE;
        match (reason, self.wanted) {
            // Somebody waits for a file with that reason.
            (Reason::Signal, Some((Reason::Signal, _))) => return false,
            (Reason::Signal, _) => {}
            (_, Some(_)) => return false,
            _ if self.last.get(&reason).is_some_and(is_early) => return false,
            _ => {}
        }
        self.wanted = Some((reason, now + DELAY));
        true
    }

    /// The dump that is due, which is being written then.
    fn begin(&mut self, now: Instant) -> Option<Reason> {
        let (reason, _) = self.wanted.take_if(|(_, when)| *when <= now)?;
        self.is_writing = true;
        if reason != Reason::Signal {
            self.last.insert(reason, now);
        }
        Some(reason)
    }

    const fn is_busy(&self) -> bool {
        self.wanted.is_some() || self.is_writing
    }
}

impl Dumper {
    /// Starts the thread.
    pub(crate) fn start(ring: Ring, folder: PathBuf, max_files: usize) -> io::Result<Arc<Self>> {
        let dumper = Arc::new(Self {
            ring,
            folder,
            max_files,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let of_thread = Arc::clone(&dumper);
        let thread = Builder::new().name("floe-flight-recorder".to_owned());
        thread.spawn(move || {
            let _quiet = Context::enter_telemetry_suppressed_scope();
            of_thread.work();
        })?;
        Ok(dumper)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a dump, unless it would be the second within a minute for the same reason of the program.
    pub(crate) fn dump(&self, reason: Reason) {
        if self.lock().ask(reason, Instant::now()) {
            self.changed.notify_all();
        }
    }

    /// Has the dump that waits written at once.
    pub(crate) fn hurry(&self) {
        if let Some((_, when)) = &mut self.lock().wanted {
            *when = Instant::now();
        }
        self.changed.notify_all();
    }

    /// Waits until what was asked for is written.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<(), String> {
        let state = self.lock();
        let waited = (self.changed).wait_timeout_while(state, timeout, |state| state.is_busy());
        let waited = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.1.timed_out() {
            return Err(format!("the dump was not written within {timeout:?}"));
        }
        Ok(())
    }

    /// Ends the thread.
    pub(crate) fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    fn work(&self) {
        while let Some(reason) = self.next() {
            // A subscriber of the program may panic.
            let _ = catch_unwind(AssertUnwindSafe(|| self.write(reason)));
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }

    /// Waits for the next dump that is due. `None` if there will be none.
    fn next(&self) -> Option<Reason> {
        let mut state = self.lock();
        loop {
            if state.has_ended {
                return None;
            }
            let now = Instant::now();
            if let Some(reason) = state.begin(now) {
                return Some(reason);
            }
            let left = state.wanted.map(|(_, when)| when - now);
            let waited = self.changed.wait_timeout(state, left.unwrap_or(Duration::MAX));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn write(&self, reason: Reason) {
        let requests = self.ring.requests(Instant::now());
        match dump::write(&self.folder, reason, &requests, self.max_files) {
            Ok(path) => {
                let (path, reason) = (path.display(), reason.name());
                tracing::warn!(%path, reason, "the flight recorder has written a dump");
            }
            Err(error) => {
                let folder = self.folder.display();
                tracing::warn!(%folder, %error, "the flight recorder cannot write a dump");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_for_a_reason_have_a_pause() {
        let (mut state, start) = (State::default(), Instant::now());
        assert!(state.ask(Reason::Error, start));
        assert!(!state.ask(Reason::Panic, start), "one waits");
        assert_eq!(state.begin(start), None, "spans are to arrive");
        let begun = start + DELAY;
        assert_eq!(state.begin(begun), Some(Reason::Error));
        // Also while it is written.
        assert!(!state.ask(Reason::Error, begun));
        let early = begun + PAUSE / 2;
        assert!(!state.ask(Reason::Error, early));
        assert!(state.ask(Reason::Signal, early));
        assert_eq!(state.begin(early + DELAY), Some(Reason::Signal));
        assert!(state.ask(Reason::Panic, early), "it has none yet");
        assert_eq!(state.begin(early + DELAY), Some(Reason::Panic));
        assert!(state.ask(Reason::Error, begun + PAUSE));
    }

    #[test]
    fn a_signal_postpones_no_signal() {
        let (mut state, start) = (State::default(), Instant::now());
        assert!(state.ask(Reason::Error, start));
        let later = start + DELAY / 2;
        assert!(state.ask(Reason::Signal, later));
        for _ in 0..3 {
            assert!(!state.ask(Reason::Signal, later + DELAY / 2));
        }
        assert_eq!(state.begin(later + DELAY), Some(Reason::Signal));
        assert_eq!(state.begin(later + DELAY), None);
    }
}

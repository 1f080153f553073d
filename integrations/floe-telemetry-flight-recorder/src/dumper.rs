//! The thread that writes dumps.

use std::io;
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

/// The pause between two dumps that nobody asked for.
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
    /// When the last dump was written that nobody asked for.
    last: Option<Instant>,
    has_ended: bool,
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

    /// Asks for a dump, unless it would be the second within a minute that nobody asked for.
    pub(crate) fn dump(&self, reason: Reason) {
        let mut state = self.lock();
        let now = Instant::now();
        let is_asked_for = reason == Reason::Signal;
        let is_early = state
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < PAUSE);
        if is_early && !is_asked_for {
            return;
        }
        // Somebody waits for a file with that reason. Any other is served by the dump that is to be written.
        if state.wanted.is_none() || is_asked_for {
            state.wanted = Some((reason, now + DELAY));
            self.changed.notify_all();
        }
    }

    /// Writes the dump that waits, without a delay, and returns when it is written.
    pub(crate) fn finish(&self, timeout: Duration) -> Result<(), String> {
        let mut state = self.lock();
        if let Some((_, when)) = &mut state.wanted {
            *when = Instant::now();
            self.changed.notify_all();
        }
        let is_busy = |state: &mut State| state.wanted.is_some() || state.is_writing;
        let waited = self.changed.wait_timeout_while(state, timeout, is_busy);
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
            self.write(reason);
            let mut state = self.lock();
            state.is_writing = false;
            if reason != Reason::Signal {
                state.last = Some(Instant::now());
            }
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
            state = match state.wanted {
                Some((reason, when)) if when <= now => {
                    state.wanted = None;
                    state.is_writing = true;
                    return Some(reason);
                }
                Some((_, when)) => {
                    let waited = self.changed.wait_timeout(state, when - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
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

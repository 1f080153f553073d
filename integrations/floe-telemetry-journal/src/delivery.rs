//! The thread that sends what is in the journal.

use std::error::Error;
use std::io;
use std::path::Path;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use floe_journal::{Batch, Journal, Kind};
use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{ExporterKind, Signal};
use floe_telemetry::exporter::send_requests;
use floe_telemetry::opentelemetry::Context;

use crate::resource;

/// The bytes that are sent at once, without waiting for more. Receivers of gRPC take 4 MiB by default.
const ENOUGH: usize = 1024 * 1024;

/// The pause after a failure, which doubles with each further one.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How often the file of open spans says that the process is alive.
const ALIVE: Duration = Duration::from_secs(1);

/// How long a request may take, unless the configuration says it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The journal of the process, and what is to be sent from it.
#[derive(Debug)]
pub(crate) struct Delivery {
    journal: Journal,
    config: TelemetryConfig,
    /// How long the first request waits for others.
    delay: Duration,
    state: Mutex<State>,
    changed: Condvar,
    /// A fork has a copy of it without its thread.
    process: u32,
}

#[derive(Debug)]
struct State {
    /// The signals that have not shut down.
    signals: usize,
    /// When requests are sent. `None` if there are none.
    due: Option<Instant>,
    /// The end of the time of the shutdown, once it has begun.
    end: Option<Instant>,
    has_ended: bool,
}

impl Delivery {
    pub(crate) fn start(
        folder: &Path,
        max_bytes: u64,
        config: &TelemetryConfig,
    ) -> Result<Arc<Self>, Box<dyn Error + Send + Sync>> {
        let (journal, problems) = Journal::open(folder, max_bytes)
            .map_err(|error| format!("`{}`: {error}", folder.display()))?;
        for problem in problems {
            tracing::warn!(problem, "a file in the journal stays as it is");
        }
        keep_open_spans(&journal, &resource::of_config(config));
        let mut sent = config.clone();
        for exporters in [
            &mut sent.exporters.traces,
            &mut sent.exporters.metrics,
            &mut sent.exporters.logs,
        ] {
            *exporters = Some(vec![ExporterKind::Otlp]);
        }
        let due = (!journal.is_empty()).then(Instant::now);
        let delivery = Arc::new(Self {
            journal,
            delay: config.batch_processor.schedule_delay(),
            config: sent,
            state: Mutex::new(State {
                signals: 1,
                due,
                end: None,
                has_ended: false,
            }),
            changed: Condvar::new(),
            process: process::id(),
        });
        let of_thread = Arc::clone(&delivery);
        let thread = Builder::new().name("floe-journal".to_owned());
        thread.spawn(move || {
            let _quiet = Context::enter_telemetry_suppressed_scope();
            of_thread.work();
        })?;
        Ok(delivery)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more signal. Returns whether the shutdown has not begun.
    pub(crate) fn join(&self) -> bool {
        if self.process != process::id() {
            return false;
        }
        let mut state = self.lock();
        state.signals += usize::from(state.end.is_none());
        state.end.is_none()
    }

    pub(crate) fn add(
        &self,
        kind: Kind,
        request: &[u8],
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.journal.append(kind, request)?;
        let mut state = self.lock();
        let is_enough = || self.journal.undelivered() >= ENOUGH as u64;
        let now = Instant::now();
        match state.due {
            Some(due) if due <= now || !is_enough() => {}
            Some(_) => state.due = Some(now),
            None => state.due = Some(now + self.delay),
        }
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// A signal has shut down. The last one waits until everything is delivered, at most for `timeout`.
    pub(crate) fn leave(&self, timeout: Duration) {
        let mut state = self.lock();
        state.signals = state.signals.saturating_sub(1);
        if state.signals > 0 || state.end.is_some() {
            return;
        }
        let end = Instant::now() + timeout;
        state.end = Some(end);
        self.changed.notify_all();
        while !state.has_ended {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.wait(state, left);
        }
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>, time: Duration) -> MutexGuard<'s, State> {
        let waited = self.changed.wait_timeout(state, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn work(&self) {
        let mut attempts = Attempts::default();
        while self.is_due(&mut attempts) {
            let max = if attempts.is_single { 0 } else { ENOUGH };
            let Some(batch) = self.journal.next(max) else {
                attempts.is_behind = false;
                let mut state = self.lock();
                // What was added meanwhile has set it again.
                if self.journal.is_empty() {
                    state.due = None;
                    if state.end.is_some() {
                        break;
                    }
                }
                continue;
            };
            self.send(&batch, &mut attempts);
            let damaged = self.journal.take_damaged();
            if damaged > 0 {
                tracing::warn!(
                    bytes = damaged,
                    "a part of the journal was damaged, and is lost"
                );
            }
            if attempts.failures > 0 && self.lock().end.is_some() {
                break;
            }
        }
        self.journal.close();
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// Waits until something is to be sent. Returns `false` after the end of the time of the shutdown.
    fn is_due(&self, attempts: &mut Attempts) -> bool {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if let Some(end) = state.end {
                return now < end;
            }
            let wake = match (state.due, attempts.not_before) {
                (Some(due), Some(not_before)) => Some(due.max(not_before)),
                (due, _) => due,
            };
            if wake.is_some_and(|wake| wake <= now) {
                return true;
            }
            let time = wake.map_or(ALIVE, |wake| ALIVE.min(wake - now));
            state = self.wait(state, time);
            if now >= attempts.alive + ALIVE {
                attempts.alive = now;
                self.journal.is_alive();
            }
        }
    }

    fn send(&self, batch: &Batch, attempts: &mut Attempts) {
        let began = Instant::now();
        let timeout = self.config.otlp.all.timeout_millis;
        let timeout = timeout.map_or(TIMEOUT, Duration::from_millis);
        let end = self.lock().end;
        let left = end.map_or(timeout, |end| end.saturating_duration_since(began));
        // A message of protobuf that follows another one adds to it.
        let request = batch.requests.concat();
        let signal = signal(batch.kind);
        let sent = send_requests(&self.config, signal, vec![request], timeout.min(left));
        match sent {
            Ok(()) => {
                self.journal.delivered(batch);
                attempts.succeeded(began);
            }
            // One of them may be the reason.
            Err(error) if error.is_rejected() && batch.requests.len() > 1 => {
                attempts.is_single = true;
            }
            Err(error) if error.is_rejected() => {
                self.journal.delivered(batch);
                attempts.succeeded(began);
                tracing::warn!(
                    error = %error,
                    "the receiver has rejected a request of the journal, which is lost"
                );
            }
            Err(error) => attempts.failed(&error),
        }
    }
}

/// What the next attempt depends on.
#[derive(Debug)]
struct Attempts {
    /// In a row.
    failures: u32,
    not_before: Option<Instant>,
    /// Whether a request is sent alone, because it was rejected with others.
    is_single: bool,
    /// Whether the receiver gets what has waited for it: at most half of the time, so that it has room for others.
    is_behind: bool,
    alive: Instant,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            failures: 0,
            not_before: None,
            is_single: false,
            is_behind: true,
            alive: Instant::now(),
        }
    }
}

impl Attempts {
    fn succeeded(&mut self, began: Instant) {
        self.failures = 0;
        self.is_single = false;
        let now = Instant::now();
        self.not_before = self.is_behind.then(|| now + (now - began));
    }

    fn failed(&mut self, error: &floe_telemetry::Error) {
        if self.failures == 0 {
            tracing::warn!(error = %error, "telemetry waits in the journal");
        }
        let pause = MIN_PAUSE
            .saturating_mul(1 << self.failures.min(8))
            .min(MAX_PAUSE);
        self.failures += 1;
        self.is_behind = true;
        self.not_before = Some(Instant::now() + pause);
    }
}

pub(crate) const fn kind(of: Signal) -> Kind {
    match of {
        Signal::Traces => Kind::Traces,
        Signal::Metrics => Kind::Metrics,
        // There is no other.
        _ => Kind::Logs,
    }
}

const fn signal(of: Kind) -> Signal {
    match of {
        Kind::Traces => Signal::Traces,
        Kind::Metrics => Signal::Metrics,
        Kind::Logs => Signal::Logs,
    }
}

/// Puts open spans into the folder. Without them, everything else works.
#[cfg(target_os = "linux")]
fn keep_open_spans(journal: &Journal, resource: &[u8]) {
    match journal.keep_open_spans(resource) {
        Ok(()) => floe_thread_context::switch(true),
        Err(error) => not_kept(&error),
    }
}

#[cfg(not(target_os = "linux"))]
const fn keep_open_spans(_: &Journal, _: &[u8]) {}

/// Notes what the open spans of the process belong to.
#[cfg(target_os = "linux")]
pub(crate) fn label(resource: &[u8]) {
    if let Err(error) = floe_thread_context::label(resource) {
        not_kept(&error);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) const fn label(_: &[u8]) {}

#[cfg(target_os = "linux")]
fn not_kept(error: &io::Error) {
    tracing::warn!(error = %error, "open spans are not kept in the journal");
}

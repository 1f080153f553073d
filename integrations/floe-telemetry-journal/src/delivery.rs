//! The thread that sends what is in the journal of a signal.

use std::error::Error;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use floe_journal::{Batch, Journal, Kind};
use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{ExporterKind, Signal};
use floe_telemetry::exporter::send_requests;
use floe_telemetry::opentelemetry::Context;

use crate::resource;

/// The most bytes that are sent at once, and with which nothing waits for more.
const ENOUGH: usize = 1024 * 1024;

/// The bytes that are sent at once on the slowest line.
const MIN_SIZE: usize = 4096;

/// The pause after a failure, which doubles with each further one.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How often the file of open spans says that the process is alive.
const ALIVE: Duration = Duration::from_secs(1);

/// How often at most a message is repeated.
const QUIET: Duration = Duration::from_secs(60);

/// The longest shutdown. A longer one could not be added to the current time.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The journal of a signal, and what is to be sent from it.
#[derive(Debug)]
pub(crate) struct Delivery {
    journal: Journal,
    kind: Kind,
    config: TelemetryConfig,
    /// How long the first request waits for others.
    delay: Duration,
    /// The most bytes that are sent at once.
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// When requests are sent. `None` if there are none.
    due: Option<Instant>,
    /// The end of the time of the shutdown, once it has begun.
    end: Option<Instant>,
    has_ended: bool,
    alive: Instant,
    removed: Message,
}

impl State {
    /// The time that a shutdown leaves, if it has begun.
    fn left(&self) -> Option<Duration> {
        let now = Instant::now();
        self.end.map(|end| end.saturating_duration_since(now))
    }
}

impl Delivery {
    pub(crate) fn start(
        signal: Signal,
        config: &TelemetryConfig,
    ) -> Result<Arc<Self>, Box<dyn Error + Send + Sync>> {
        let settings = &config.exporters.journal;
        let folder = path::absolute(&settings.path)?;
        if folder.exists() && !folder.is_dir() {
            let folder = folder.display();
            return Err(format!("expected a folder, found the file `{folder}`").into());
        }
        let (journal, problems) = Journal::open(&folder, settings.max_bytes)
            .map_err(|error| format!("`{}`: {error}", folder.display()))?;
        for problem in problems {
            tracing::warn!(problem, "a file in the journal was not taken over");
        }
        if signal == Signal::Traces {
            keep_open_spans(&journal, &resource::of_config(config));
        }
        let mut sent = config.clone();
        for exporters in
            [&mut sent.exporters.traces, &mut sent.exporters.metrics, &mut sent.exporters.logs]
        {
            *exporters = Some(vec![ExporterKind::Otlp]);
        }
        let delay = match signal {
            Signal::Logs => config.log_batch_processor.schedule_delay(),
            _ => config.batch_processor.schedule_delay(),
        };
        let now = Instant::now();
        let due = (!journal.is_empty()).then_some(now);
        let delivery = Arc::new(Self {
            journal,
            kind: match signal {
                Signal::Traces => Kind::Traces,
                Signal::Metrics => Kind::Metrics,
                // There is no other.
                _ => Kind::Logs,
            },
            delay,
            most: ENOUGH.min(config.otlp.max_request(signal)),
            config: sent,
            state: Mutex::new(State {
                due,
                end: None,
                has_ended: false,
                alive: now,
                removed: Message::default(),
            }),
            changed: Condvar::new(),
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

    pub(crate) fn add(&self, request: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.journal.append(self.kind, request)?;
        let is_enough = self.journal.undelivered() >= self.most as u64;
        let now = Instant::now();
        let mut state = self.lock();
        let due = if is_enough { now } else { now + self.delay };
        state.due = Some(state.due.map_or(due, |before| before.min(due)));
        drop(state);
        self.changed.notify_all();
        self.note_alive();
        Ok(())
    }

    /// Notes that the process is alive, if it has not done so for a while, and that the folder was removed.
    fn note_alive(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        if now.saturating_duration_since(state.alive) < ALIVE {
            return;
        }
        state.alive = now;
        drop(state);
        let error = match self.journal.note_alive() {
            Ok(false) => return,
            Ok(true) => None,
            Err(error) => Some(tracing::field::display(error)),
        };
        // Without the lock, which a subscriber may wait for.
        if self.lock().removed.is_due() {
            tracing::warn!(error, "the folder of the journal was removed");
        }
    }

    /// The provider shuts down. Waits until everything is delivered, a little less than `timeout`, so that the provider
    /// gets an answer in its own time.
    pub(crate) fn end(&self, timeout: Duration) {
        let mut state = self.lock();
        if state.end.is_none() {
            let timeout = timeout.min(MAX_TIMEOUT).mul_f64(0.9);
            state.end = Some(Instant::now() + timeout);
        }
        self.changed.notify_all();
        while !state.has_ended {
            let left = state.left().unwrap_or_default();
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
        let mut attempts = Attempts::new(self.most);
        // What a subscriber of the program does with a message may panic.
        while catch_unwind(AssertUnwindSafe(|| self.turn(&mut attempts))).unwrap_or(true) {}
        self.journal.close();
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// Waits until something is to be sent, and sends it. Returns `false` at the end.
    fn turn(&self, attempts: &mut Attempts) -> bool {
        if !self.is_due(attempts) {
            return false;
        }
        let Some(batch) = self.journal.next(attempts.size) else {
            attempts.is_behind = false;
            let mut state = self.lock();
            // What was added meanwhile has set it again.
            let is_empty = self.journal.is_empty();
            if is_empty {
                state.due = None;
            }
            return !is_empty || state.end.is_none();
        };
        let sent = self.send(&batch, attempts);
        let damaged = self.journal.take_damaged();
        if damaged > 0 {
            tracing::warn!(bytes = damaged, "a part of the journal was damaged, and is lost");
        }
        let mut state = self.lock();
        let is_enough = self.journal.undelivered() >= self.most as u64;
        if sent.is_continue() && !is_enough && !attempts.is_behind {
            state.due = Some(Instant::now() + self.delay);
        }
        sent.is_continue() || state.end.is_none()
    }

    /// Waits until something is to be sent. Returns `false` after the end of the time of the shutdown.
    fn is_due(&self, attempts: &Attempts) -> bool {
        loop {
            self.note_alive();
            let state = self.lock();
            if let Some(left) = state.left() {
                return !left.is_zero();
            }
            let now = Instant::now();
            let wake = match (state.due, attempts.not_before) {
                (Some(due), Some(not_before)) => Some(due.max(not_before)),
                (due, _) => due,
            };
            if wake.is_some_and(|wake| wake <= now) {
                return true;
            }
            let time = wake.map_or(ALIVE, |wake| ALIVE.min(wake - now));
            drop(self.wait(state, time));
        }
    }

    /// Sends requests that follow each other as one. Breaks if they have to wait.
    fn send(&self, batch: &Batch, attempts: &mut Attempts) -> ControlFlow<()> {
        let began = Instant::now();
        let signal = signal(batch.kind);
        let timeout = self.config.otlp.timeout(signal);
        let left = self.lock().left().unwrap_or(Duration::MAX);
        // A message of protobuf that follows another one adds to it.
        let request = batch.requests.concat();
        let is_single = batch.requests.len() == 1;
        let bytes = request.len();
        let sent = send_requests(&self.config, signal, vec![request], timeout.min(left));
        match sent {
            Ok(()) => {
                self.journal.delivered(batch);
                attempts.succeeded(began, self.most);
            }
            // One of several may be the reason.
            Err(error) if error.is_rejected() && !is_single => {
                attempts.size /= 2;
                attempts.is_behind = true;
                attempts.not_before = None;
            }
            Err(error) if error.is_rejected() => {
                self.journal.delivered(batch);
                attempts.succeeded(began, self.most);
                if attempts.lost.is_due() {
                    tracing::warn!(
                        error = %error,
                        "the receiver has rejected a request of the journal, which is lost"
                    );
                }
            }
            Err(error) => {
                attempts.failed(bytes);
                if attempts.waits.is_due() {
                    tracing::warn!(error = %error, "telemetry waits in the journal");
                }
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

/// A message that is not repeated too often.
#[derive(Debug, Default)]
struct Message(Option<Instant>);

impl Message {
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = self.0.is_none_or(|last| now.saturating_duration_since(last) >= QUIET);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// What the next attempt depends on.
#[derive(Debug)]
struct Attempts {
    /// In a row.
    failures: u32,
    not_before: Option<Instant>,
    /// The most bytes that are sent at once: fewer after a failure, since a line may be slow, and a request too large or
    /// wrong.
    size: usize,
    /// Where it stops growing: it is half of what has failed, and grows slowly.
    limit: usize,
    /// Whether the receiver gets what has waited for it: at most half of the time, so that it has room for others.
    is_behind: bool,
    waits: Message,
    lost: Message,
}

impl Attempts {
    fn new(size: usize) -> Self {
        Self {
            failures: 0,
            not_before: None,
            size,
            limit: size,
            is_behind: true,
            waits: Message::default(),
            lost: Message::default(),
        }
    }

    fn succeeded(&mut self, began: Instant, most: usize) {
        self.failures = 0;
        self.limit = (self.limit + self.limit / 32).min(most);
        self.size = (self.size * 2).clamp(MIN_SIZE.min(most), self.limit);
        let now = Instant::now();
        self.not_before = self.is_behind.then(|| now + (now - began));
    }

    fn failed(&mut self, bytes: usize) {
        let pause = MIN_PAUSE.saturating_mul(1 << self.failures.min(8));
        self.failures += 1;
        self.limit = self.limit.min(bytes / 2).max(MIN_SIZE);
        self.size = self.limit;
        self.is_behind = true;
        self.not_before = Some(Instant::now() + pause.min(MAX_PAUSE));
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
fn not_kept(error: &std::io::Error) {
    tracing::warn!(error = %error, "open spans are not kept in the journal");
}

//! Calls the callbacks of metrics on a thread of their own. OpenTelemetry's SDK holds a lock while it collects, and each new
//! instrument takes that lock on a thread of the program, so a collection must not wait for code of the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use floe_telemetry_core::__sdk::program_signals;
use floe_telemetry_core::__sdk::recorder::context::suppress;
use floe_telemetry_sdk::__parts::channel::{Sender, channel};
use opentelemetry::KeyValue;
use opentelemetry::metrics::AsyncInstrument;

use crate::internal_log::{internal_log, later};

/// The time for which a collection waits for a callback: less than half of the timeout of a shutdown, which exports the other
/// metrics then. On a busy machine, a callback that computes takes a second.
const LIMIT: Duration = Duration::from_secs(2);

/// The maximum number of values that one call of a callback observes. Further ones are dropped.
const MAX_VALUES: usize = 100_000;

type Call = Box<dyn FnOnce() + Send>;

/// The thread that calls the callbacks of a provider.
#[derive(Debug, Default)]
pub(super) struct Callbacks {
    /// `None` if the thread could not be started.
    calls: OnceLock<Option<Sender<Call>>>,
    /// Whether a callback has not returned in time.
    is_late: Arc<AtomicBool>,
}

impl Callbacks {
    /// Starts the thread, unless it runs already.
    pub(super) fn start(&self) {
        self.calls.get_or_init(|| {
            let (sender, calls) = channel::<Call>();
            let run = move || {
                // As on the thread of the SDK, spans of a callback are not recorded.
                let _quiet = suppress();
                while let Ok(call) = calls.recv_timeout(Duration::MAX) {
                    call();
                }
            };
            program_signals::spawn("floe-callbacks", run).ok().map(|_| sender)
        });
    }

    /// Returns the values that a callback observes. There are none if it does not return in time, or as long as another
    /// one has not returned.
    pub(super) fn call<T: Send + 'static>(
        &self,
        metric: &str,
        observe: impl FnOnce() -> Vec<T> + Send + 'static,
    ) -> Vec<T> {
        let Some(Some(calls)) = self.calls.get() else { return observe() };
        if self.is_late.load(Ordering::Acquire) {
            return Vec::new();
        }
        let (sender, values) = channel();
        let is_late = Arc::clone(&self.is_late);
        let call = move || {
            let _ = sender.send(observe());
            is_late.store(false, Ordering::Release);
        };
        let _ = calls.send(Box::new(call));
        let observed = values.recv_timeout(LIMIT).or_else(|_| {
            self.is_late.store(true, Ordering::Release);
            // The callback may have returned before this was stored.
            let observed = values.recv_timeout(Duration::ZERO);
            observed.inspect(|_| self.is_late.store(false, Ordering::Release))
        });
        observed.unwrap_or_else(|_| {
            let metric = metric.to_owned();
            later(move || {
                internal_log!(
                    error,
                    metric = metric,
                    "the callback of a metric has not returned within 2 seconds: until it returns, metrics with callbacks are not \
                     exported"
                );
            });
            Vec::new()
        })
    }
}

/// The values and attributes that a callback observes.
pub(super) struct Observed<T>(Mutex<Vec<(T, Vec<KeyValue>)>>);

impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Observed<T> {
    pub(super) fn into_values(self) -> Vec<(T, Vec<KeyValue>)> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Copy + Send> AsyncInstrument<T> for Observed<T> {
    fn observe(&self, value: T, attributes: &[KeyValue]) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() < MAX_VALUES {
            values.push((value, attributes.to_vec()));
        }
    }
}

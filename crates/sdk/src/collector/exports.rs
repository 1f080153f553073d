//! Measurements of the span exporters: the length of each queue and the duration of each export.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use super::rate_limited::RateLimited;
use crate::config::Signal;
use crate::keys;

/// The measurements of all span exporters of a provider.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    queues: Mutex<Vec<Queue>>,
    /// Their number, without a lock: a fork may read the statistics of its parent's provider.
    count: AtomicUsize,
    /// The warnings about exports that have failed, by the name of the exporter, which those of all signals to one
    /// receiver share.
    warnings: Mutex<BTreeMap<String, RateLimited>>,
    /// Why the last export of metrics has failed, until it is reported.
    metric_failure: Mutex<Option<String>>,
    results: Mutex<Results>,
    /// Set if metrics are enabled.
    duration: OnceLock<Histogram<f64>>,
}

/// What exporters have exported: spans or log records, by the name of the exporter and the class of the error.
type Results = BTreeMap<(Signal, String, Option<&'static str>), u64>;

/// The queue of an exporter.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) name: Arc<str>,
    spans: Arc<AtomicUsize>,
    pub(crate) capacity: usize,
    /// Why the last export failed, redacted; `None` if it did not.
    failure: Option<String>,
}

impl Queue {
    /// The number of spans that are queued or being exported.
    pub(crate) fn spans(&self) -> usize {
        self.spans.load(Ordering::Relaxed)
    }
}

impl Exports {
    pub(super) fn add(&self, name: &str, spans: Arc<AtomicUsize>, capacity: usize) {
        self.results()
            .insert((Signal::Traces, name.to_owned(), None), 0);
        let name = name.into();
        self.lock().push(Queue {
            name,
            spans,
            capacity,
            failure: None,
        });
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Stores why the last export failed, or that it did not.
    pub(super) fn set_failure(&self, name: &str, reason: Option<&str>) {
        let mut queues = self.lock();
        if let Some(queue) = queues.iter_mut().find(|queue| *queue.name == *name) {
            queue.failure = reason.map(str::to_owned);
        }
    }

    /// Whether a warning about an export that has failed is due.
    pub(crate) fn is_warning_due(&self, name: &str) -> bool {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.entry(name.to_owned()).or_default().is_due()
    }

    /// Whether an export has failed, about which there is one warning a minute.
    pub(crate) fn have_failed(&self) -> bool {
        let warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        !warnings.is_empty()
    }

    pub(crate) fn set_metric_failure(&self, reason: &str) {
        *self.metric_failure() = Some(reason.to_owned());
    }

    /// Returns why an export of metrics has failed since the last call.
    pub(crate) fn take_metric_failure(&self) -> Option<String> {
        self.metric_failure().take()
    }

    fn metric_failure(&self) -> MutexGuard<'_, Option<String>> {
        self.metric_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of exporters.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Describes the exporters that have spans in their queue, or whose last export failed: the spans for them may not
    /// be in the queue yet.
    pub(crate) fn describe_undelivered(&self) -> String {
        let queues = self.lock();
        let waiting = queues
            .iter()
            .filter(|queue| queue.spans() > 0 || queue.failure.is_some());
        let descriptions = waiting.map(|queue| {
            let reason = queue.failure.as_ref();
            let reason = reason.map_or_else(String::new, |it| format!(" (last failure: {it})"));
            format!("exporter `{}` has {}{reason}", queue.name, queue.spans())
        });
        descriptions.collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn queues(&self) -> Vec<Queue> {
        self.lock().clone()
    }

    /// Sets the histogram in which the duration of each export is recorded.
    pub(crate) fn measure(&self, duration: Histogram<f64>) {
        let _ = self.duration.set(duration);
    }

    /// Records the duration and the result of an export.
    pub(super) fn record(&self, name: &str, elapsed: Duration, error_type: Option<&'static str>) {
        let Some(duration) = self.duration.get() else {
            return;
        };
        duration.record(elapsed.as_secs_f64(), &attributes(name, error_type));
    }

    /// Counts spans or log records that were exported, and those that failed for one reason.
    pub(crate) fn add_results(
        &self,
        signal: Signal,
        name: &str,
        exported: u64,
        failed: u64,
        error_type: Option<&'static str>,
    ) {
        let mut results = self.results();
        for (count, error_type) in [(exported, None), (failed, error_type)] {
            if count > 0 {
                *results
                    .entry((signal, name.to_owned(), error_type))
                    .or_default() += count;
            }
        }
    }

    /// Returns what was counted for a signal, with the attributes of its series.
    pub(crate) fn counted(&self, signal: Signal) -> Vec<(u64, Vec<KeyValue>)> {
        let results = self.results();
        let results = results.iter().filter(|((of, ..), _)| *of == signal);
        results
            .map(|((_, name, error_type), count)| (*count, attributes(name, *error_type)))
            .collect()
    }

    fn results(&self) -> MutexGuard<'_, Results> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attributes(name: &str, error_type: Option<&'static str>) -> Vec<KeyValue> {
    let name = KeyValue::new(keys::OTEL_COMPONENT_NAME, name.to_owned());
    let error_type = error_type.map(|error| KeyValue::new(keys::ERROR_TYPE, error));
    [name].into_iter().chain(error_type).collect()
}

//! The exporters of a provider: what they are, and why their last exports have failed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::components::{Component, Components};
use super::rate_limited::RateLimited;

/// The exporters of a provider.
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
    pub(crate) components: Components,
}

/// The queue of a span exporter.
#[derive(Debug)]
struct Queue {
    name: String,
    processor: Arc<Component>,
    /// Why the last export failed, redacted; `None` if it did not.
    failure: Option<String>,
}

impl Queue {
    /// The number of spans that are queued or being exported.
    fn spans(&self) -> usize {
        self.processor.present.load(Ordering::Relaxed)
    }
}

impl Exports {
    /// Adds an exporter of spans.
    pub(super) fn add(&self, name: &str, processor: Arc<Component>) {
        self.lock().push(Queue { name: name.to_owned(), processor, failure: None });
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts spans that do not reach the queue of any exporter.
    pub(super) fn count_unqueued(&self, spans: usize, error_type: &'static str) {
        for queue in self.lock().iter() {
            queue.processor.finish(spans as u64, Some(error_type));
        }
    }

    /// Stores why the last export failed, or that it did not.
    pub(super) fn set_failure(&self, name: &str, reason: Option<&str>) {
        let mut queues = self.lock();
        if let Some(queue) = queues.iter_mut().find(|queue| queue.name == name) {
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
        self.metric_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of exporters.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Describes the exporters that have spans in their queue, or whose last export failed: the spans for them may not
    /// be in the queue yet.
    pub(crate) fn describe_undelivered(&self) -> String {
        let queues = self.lock();
        let waiting = queues.iter().filter(|queue| queue.spans() > 0 || queue.failure.is_some());
        let descriptions = waiting.map(|queue| {
            let reason = queue.failure.as_ref();
            let reason = reason.map_or_else(String::new, |it| format!(" (last failure: {it})"));
            format!("exporter `{}` has {}{reason}", queue.name, queue.spans())
        });
        descriptions.collect::<Vec<_>>().join("; ")
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

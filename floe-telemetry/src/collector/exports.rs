//! What is known of the exporters of spans while they work: how much waits in front of each, and how
//! long an export takes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use crate::keys;

/// The exporters of a provider.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    queues: Mutex<Vec<Queue>>,
    /// There when somebody takes metrics.
    duration: OnceLock<Histogram<f64>>,
}

/// What waits in front of an exporter.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(crate) name: Arc<str>,
    spans: Arc<AtomicUsize>,
    pub(crate) capacity: usize,
}

impl Queue {
    /// Spans that were handed over and are not exported yet.
    pub(crate) fn spans(&self) -> usize {
        self.spans.load(Ordering::Relaxed)
    }
}

impl Exports {
    pub(super) fn add(&self, name: &str, spans: Arc<AtomicUsize>, capacity: usize) {
        let name = name.into();
        self.lock().push(Queue {
            name,
            spans,
            capacity,
        });
    }

    pub(crate) fn queues(&self) -> Vec<Queue> {
        self.lock().clone()
    }

    /// From now on each export is measured.
    pub(crate) fn measure(&self, duration: Histogram<f64>) {
        let _ = self.duration.set(duration);
    }

    /// Measures an export that has ended.
    pub(super) fn took(&self, name: &str, took: Duration, delivered: bool) {
        let Some(duration) = self.duration.get() else {
            return;
        };
        let mut attributes = vec![KeyValue::new(keys::OTEL_COMPONENT_NAME, name.to_owned())];
        if !delivered {
            attributes.push(KeyValue::new(keys::ERROR_TYPE, "rejected"));
        }
        duration.record(took.as_secs_f64(), &attributes);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The exporters of a provider, with the reasons of their last failures.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::components::{Component, Components};
use super::rate_limited::RateLimited;
use crate::config::Signal;
use crate::internal_log;

#[derive(Debug, Default)]
pub(crate) struct Exports {
    queues: Mutex<Vec<Queue>>,
    /// The number of exporters, without a lock, because a fork may read the statistics of its parent's provider.
    count: AtomicUsize,
    losses: Mutex<BTreeMap<(Signal, String), Loss>>,
    /// The reason of the last failed export of metrics, until it is reported.
    metric_failure: Mutex<Option<String>>,
    pub(crate) components: Components,
}

#[derive(Debug)]
struct Queue {
    name: String,
    processor: Arc<Component>,
    /// The redacted reason of the last failed export; `None` after a success.
    failure: Option<String>,
}

/// The losses of an exporter since the last message about them.
#[derive(Debug, Default)]
struct Loss {
    items: u64,
    /// The last reason.
    error: Option<String>,
    rate: RateLimited,
}

impl Queue {
    /// The number of spans that are queued or being exported.
    fn spans(&self) -> usize {
        self.processor.present.load(Ordering::Relaxed)
    }
}

impl Exports {
    pub(super) fn add(&self, name: &str, processor: Arc<Component>) {
        self.lock().push(Queue { name: name.to_owned(), processor, failure: None });
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the spans of the open batch.
    pub(super) fn set_open(&self, spans: usize) {
        for queue in self.lock().iter() {
            queue.processor.open.store(spans, Ordering::Relaxed);
        }
    }

    /// Counts spans that reach no exporter's queue.
    pub(super) fn count_unqueued(&self, spans: usize, error_type: &'static str) {
        for queue in self.lock().iter() {
            queue.processor.finish(spans as u64, Some(error_type));
        }
    }

    /// Stores the reason of the last failed export, or its success.
    pub(super) fn set_failure(&self, name: &str, reason: Option<&str>) {
        let mut queues = self.lock();
        if let Some(queue) = queues.iter_mut().find(|queue| queue.name == name) {
            queue.failure = reason.map(str::to_owned);
        }
    }

    /// Counts losses of an exporter, until they are reported.
    pub(super) fn lose(&self, signal: Signal, exporter: &str, items: u64, error: &str) {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let loss = losses.entry((signal, exporter.to_owned())).or_default();
        loss.items += items;
        loss.error = Some(error.to_owned());
    }

    /// Reports the losses of exporters, at most once a minute per signal and exporter.
    pub(super) fn say_lost(&self) {
        for ((signal, exporter), lost, error) in self.take_losses(|_, rate| rate.is_due()) {
            let what = match signal {
                Signal::Traces => "spans",
                Signal::Metrics => "metrics",
                Signal::Logs => "log records",
            };
            internal_log::write(
                "error",
                || tracing::error!(exporter, lost, error, "{what} could not be exported"),
                || {
                    format!(
                        "{what} could not be exported exporter={exporter} lost={lost} error={error}"
                    )
                },
            );
        }
    }

    /// Takes the unreported losses: the number of items and the last reason, by signal and exporter.
    pub(crate) fn take_losses(
        &self,
        is_due: impl Fn(Signal, &RateLimited) -> bool,
    ) -> Vec<((Signal, String), u64, String)> {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let due = losses.iter_mut();
        let due = due.filter(|((of, _), it)| it.error.is_some() && is_due(*of, &it.rate));
        let taken = due.map(|(of, it)| {
            (of.clone(), mem::take(&mut it.items), it.error.take().unwrap_or_default())
        });
        taken.collect()
    }

    pub(crate) fn set_metric_failure(&self, reason: &str) {
        *self.metric_failure() = Some(reason.to_owned());
    }

    /// Returns the reason why an export of metrics has failed since the last call.
    pub(crate) fn take_metric_failure(&self) -> Option<String> {
        self.metric_failure().take()
    }

    fn metric_failure(&self) -> MutexGuard<'_, Option<String>> {
        self.metric_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn exporter_count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Describes the exporters with queued spans or a failed last export. More spans may be on their way to a queue.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_all_that_its_signal_has_lost_since_the_last_one() {
        let exports = Exports::default();
        let said = || {
            let due = exports.take_losses(|_, rate| rate.is_due()).into_iter();
            due.map(|((signal, _), lost, error)| (signal, lost, error)).collect::<Vec<_>>()
        };
        exports.lose(Signal::Logs, "otlp", 1, "refused");
        assert_eq!(said(), [(Signal::Logs, 1, "refused".to_owned())]);
        exports.lose(Signal::Traces, "otlp", 512, "refused");
        assert_eq!(said(), [(Signal::Traces, 512, "refused".to_owned())]);
        for error in ["refused", "no response"] {
            exports.lose(Signal::Traces, "otlp", 512, error);
            assert_eq!(said(), []);
        }
        for loss in exports.losses.lock().unwrap().values_mut() {
            loss.rate = RateLimited::default();
        }
        assert_eq!(said(), [(Signal::Traces, 1024, "no response".to_owned())]);
        for said_at_once in [1, 0] {
            exports.lose(Signal::Metrics, "otlp", 4, "refused");
            assert_eq!(said().len(), said_at_once);
        }
        let rest = exports.take_losses(|signal, _| signal == Signal::Metrics);
        assert_eq!(rest, [((Signal::Metrics, "otlp".to_owned()), 4, "refused".to_owned())]);
    }
}

//! The exporters of a provider, with the counters of their items for the [SDK
//! metrics](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/) and the reasons of their losses.

use std::any::type_name;
use std::borrow::Cow;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use opentelemetry::KeyValue;

use super::export_failure::{ExportFailure, QUEUE_FULL};
use super::rate_limited::INTERVAL;
use crate::clock::{Instant, monotonic_now};
use crate::config::Signal;
use crate::internal_log;
use crate::keys;
use crate::lock::lock;

/// The identity of an exporter in messages and metrics.
#[derive(Clone, Debug)]
pub struct ExporterId {
    /// The name in messages.
    pub name: Cow<'static, str>,
    /// The value of `otel.component.type` in metrics.
    pub kind: Cow<'static, str>,
    /// The host and the port of the receiver.
    pub server: Option<(String, u16)>,
    /// The protocol and the endpoint of the receiver, without credentials.
    pub route: Option<String>,
}

impl ExporterId {
    /// Derives the identity from the path of the type, without its type parameters. The name is the last segment.
    pub fn of<E>() -> Self {
        let full = type_name::<E>();
        let path = full.split_once('<').map_or(full, |(path, _)| path);
        let name = path.rsplit_once("::").map_or(path, |(_, name)| name);
        Self { name: name.into(), kind: path.into(), server: None, route: None }
    }

    /// Replaces the name in messages.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name: name.into(), ..self }
    }
}

/// The metrics of a processor or an exporter: the numbers of its finished items.
#[derive(Debug)]
pub(crate) struct Component {
    attributes: Vec<KeyValue>,
    /// The number of finished items for each class of error; `None` is success.
    finished: Mutex<Vec<(Option<&'static str>, u64)>>,
}

impl Component {
    /// Creates series for these errors with the value zero, so that a query finds them before items are counted.
    fn new(kind: &str, number: usize, errors: &[Option<&'static str>]) -> Self {
        let attributes = vec![
            KeyValue::new(keys::OTEL_COMPONENT_TYPE, kind.to_owned()),
            KeyValue::new(keys::OTEL_COMPONENT_NAME, format!("{kind}/{number}")),
        ];
        let finished = Mutex::new(errors.iter().map(|error| (*error, 0)).collect());
        Self { attributes, finished }
    }

    pub(crate) fn finish(&self, items: u64, error_type: Option<&'static str>) {
        if items > 0 {
            let mut finished = lock(&self.finished);
            match finished.iter_mut().find(|(class, _)| *class == error_type) {
                Some((_, count)) => *count += items,
                None => finished.push((error_type, items)),
            }
        }
    }

    pub(crate) fn finished(&self) -> Vec<(u64, Vec<KeyValue>)> {
        let guard = lock(&self.finished);
        let finished = guard.iter();
        finished.map(|(error_type, items)| (*items, self.attributes(*error_type))).collect()
    }

    pub(crate) fn attributes(&self, error_type: Option<&'static str>) -> Vec<KeyValue> {
        let error_type = error_type.map(|error| KeyValue::new(keys::ERROR_TYPE, error));
        self.attributes.iter().cloned().chain(error_type).collect()
    }
}

/// The state of an exporter, which its thread shares with the provider.
#[derive(Debug)]
pub(crate) struct Export {
    id: ExporterId,
    pub(crate) signal: Signal,
    /// The number of items that are queued or being exported.
    pub(crate) present: AtomicUsize,
    pub(crate) open: AtomicUsize,
    /// The metrics of the batching processor, which has the queue and the batches of this exporter.
    pub(crate) processor: Component,
    pub(crate) exporter: Component,
    /// Whether the exporter is shutting down, and may write what it has collected.
    pub(crate) is_closing: AtomicBool,
    /// The redacted reason why the last export failed or, for metrics, why an export since the last report failed.
    failure: Mutex<Option<String>>,
    loss: Mutex<Loss>,
}

/// The losses since the last message about them.
#[derive(Debug, Default)]
struct Loss {
    items: u64,
    /// The last reason.
    error: Option<String>,
    /// The time and the cause of the last message.
    said: Option<(Instant, String)>,
}

impl Loss {
    /// Returns the cause, which exporters of several signals have in common if their receiver is dead.
    fn cause(&self) -> Option<String> {
        self.error.as_deref().map(Signal::removed_from)
    }

    /// Returns the cause, unless this exporter has had a message in the minute before.
    fn due_cause(&self, now: Instant) -> Option<String> {
        if self.is_said(now, |_| true) { None } else { self.cause() }
    }

    fn is_said(&self, now: Instant, is_cause: impl Fn(&str) -> bool) -> bool {
        let said = self.said.as_ref();
        said.is_some_and(|(at, said)| {
            now.saturating_duration_since(*at) < INTERVAL && is_cause(said)
        })
    }

    fn take(&mut self) -> Option<(u64, String)> {
        Some((mem::take(&mut self.items), self.error.take()?))
    }
}

impl Export {
    fn new(id: ExporterId, signal: Signal, others: &[Arc<Self>]) -> Self {
        let processor = match signal {
            Signal::Logs => "batching_log_processor",
            _ => "batching_span_processor",
        };
        let of_signal = others.iter().filter(|other| other.signal == signal).count();
        let of_kind = others.iter().filter(|other| other.id.kind == id.kind).count();
        let mut exporter = Component::new(&id.kind, of_kind, &[None]);
        if let Some((host, port)) = &id.server {
            exporter.attributes.push(KeyValue::new(keys::SERVER_ADDRESS, host.clone()));
            exporter.attributes.push(KeyValue::new(keys::SERVER_PORT, i64::from(*port)));
        }
        Self {
            id,
            signal,
            present: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            processor: Component::new(processor, of_signal, &[None, Some(QUEUE_FULL)]),
            exporter,
            is_closing: AtomicBool::new(false),
            failure: Mutex::default(),
            loss: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.id.name
    }

    /// Counts the items of an export by its result. Returns the number of failed items.
    pub(crate) fn exported(&self, items: usize, result: Result<(), &ExportFailure>) -> u64 {
        let failure = result.err();
        let failed = failure.map_or(0, |failure| failure.failed_of(items));
        self.exporter.finish(items as u64 - failed, None);
        self.exporter.finish(failed, failure.map(|failure| failure.error_type));
        failed
    }

    pub(crate) fn set_failure(&self, reason: Option<&str>) {
        *lock(&self.failure) = reason.map(str::to_owned);
    }

    pub(super) fn lose(&self, items: u64, error: &str) {
        let mut loss = lock(&self.loss);
        loss.items += items;
        loss.error = Some(error.to_owned());
    }

    /// Takes the losses that no message has reported: the number of items and the last reason.
    pub(crate) fn take_loss(&self) -> Option<(u64, String)> {
        lock(&self.loss).take()
    }

    /// Takes the losses with this cause for a message.
    fn take_loss_by(&self, cause: &str, now: Instant) -> Option<(u64, String)> {
        let mut loss = lock(&self.loss);
        if loss.cause()? != cause {
            return None;
        }
        loss.said = Some((now, cause.to_owned()));
        loss.take()
    }

    pub(crate) fn present(&self) -> usize {
        self.present.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Exports {
    all: Mutex<Vec<Arc<Export>>>,
    /// The number of exporters of spans. It is outside of the lock, which may stay locked in a fork that reads the
    /// statistics of its parent's provider.
    count: AtomicUsize,
    /// The names of readers of metrics, which export nothing by themselves.
    readers: Mutex<Vec<String>>,
}

impl Exports {
    /// Creates the state of an exporter. `list` must be called after the exporter has started.
    pub(crate) fn create(&self, id: ExporterId, signal: Signal) -> Arc<Export> {
        Arc::new(Export::new(id, signal, &lock(&self.all)))
    }

    pub(crate) fn list(&self, export: &Arc<Export>) {
        lock(&self.all).push(Arc::clone(export));
        if export.signal == Signal::Traces {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn add_reader(&self, name: String) {
        lock(&self.readers).push(name);
    }

    pub(crate) fn of(&self, signal: Signal) -> impl Iterator<Item = Arc<Export>> + use<> {
        let all = lock(&self.all).clone();
        all.into_iter().filter(move |export| export.signal == signal)
    }

    pub(crate) fn routes(&self, signal: Signal) -> String {
        let exports = self
            .of(signal)
            .map(|export| export.id.route.clone().unwrap_or_else(|| export.name().to_owned()));
        let mut routes: Vec<_> = exports.collect();
        if signal == Signal::Metrics {
            routes.extend(lock(&self.readers).iter().cloned());
        }
        if routes.is_empty() { "none".to_owned() } else { routes.join(", ") }
    }

    pub(super) fn set_open(&self, spans: usize) {
        self.of(Signal::Traces).for_each(|export| export.open.store(spans, Ordering::Relaxed));
    }

    /// Counts spans that were dropped before they reached the queues, once for each exporter.
    pub(super) fn count_unqueued(&self, spans: usize, error_type: &'static str) {
        self.of(Signal::Traces)
            .for_each(|export| export.processor.finish(spans as u64, Some(error_type)));
    }

    /// Reports the losses of exporters, at most once a minute for each exporter and each cause.
    pub(super) fn say_lost(&self) {
        for (export, lost, error) in self.take_due_losses(monotonic_now()) {
            let exporter = export.name();
            let item = export.signal.item();
            internal_log::write(
                "error",
                || tracing::error!(exporter, lost, error, "{item}s could not be exported"),
                || {
                    format!(
                        "{item}s could not be exported exporter={exporter} lost={lost} error={error}"
                    )
                },
            );
        }
    }

    /// Returns each exporter whose losses are due with their number and their reason, which names the other exporters that
    /// have lost something for the same reason.
    fn take_due_losses(&self, now: Instant) -> Vec<(Arc<Export>, u64, String)> {
        let listed = lock(&self.all);
        let of = |signal| listed.iter().filter(move |export| export.signal == signal);
        let all: Vec<_> = Signal::ALL.into_iter().flat_map(of).collect();
        let is_said = |cause: &str| {
            let mut losses = all.iter().map(|export| lock(&export.loss));
            losses.any(|loss| loss.is_said(now, |said| said == cause))
        };
        let mut due = Vec::new();
        for export in &all {
            let cause = lock(&export.loss).due_cause(now);
            let Some(cause) = cause.filter(|cause| !is_said(cause)) else { continue };
            let mut losses =
                all.iter().filter_map(|same| Some((same, same.take_loss_by(&cause, now)?)));
            let Some((first, (lost, mut error))) = losses.next() else { continue };
            let mut separator = "; for the same reason: ";
            for (other, (lost, _)) in losses {
                error.extend([separator, other.signal.item(), "s lost=", &lost.to_string()]);
                separator = ", ";
            }
            due.push((Arc::clone(first), lost, error));
        }
        due
    }

    /// Takes the failures of metric exporters since the last call.
    pub(crate) fn take_metric_failures(&self) -> Option<String> {
        let failures = self.of(Signal::Metrics).filter_map(|export| lock(&export.failure).take());
        failures.reduce(|one, other| format!("{one}; {other}"))
    }

    pub(crate) fn exporter_count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Describes the exporters with queued spans, a failed last export or an unfinished shutdown. More spans may be
    /// on their way to a queue.
    pub(crate) fn describe_undelivered(&self) -> String {
        let waiting = self.of(Signal::Traces).filter_map(|export| {
            let failure = lock(&export.failure);
            let spans = export.present();
            if export.is_closing.load(Ordering::Relaxed) {
                let fate = "has not shut down: the spans that it has collected may be lost";
                return Some(format!("exporter `{}` {fate}", export.name()));
            }
            if spans == 0 && failure.is_none() {
                return None;
            }
            let failure = failure.as_ref();
            let reason = failure.map_or_else(String::new, |it| format!(" (last failure: {it})"));
            Some(format!("exporter `{}` still has {spans} spans{reason}", export.name()))
        });
        waiting.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::Duration;

    use super::*;

    const REFUSED: &str = "`http://localhost/v1/traces`: refused";

    static START: LazyLock<Instant> = LazyLock::new(monotonic_now);

    /// Returns the due messages: the items of the exporter, their number and the error.
    fn said(exports: &Exports, seconds: u64) -> Vec<(&'static str, u64, String)> {
        let due = exports.take_due_losses(*START + Duration::from_secs(seconds));
        due.into_iter().map(|(export, lost, error)| (export.signal.item(), lost, error)).collect()
    }

    fn all_signals() -> (Exports, [Arc<Export>; 3]) {
        let exports = Exports::default();
        let all = [Signal::Logs, Signal::Traces, Signal::Metrics].map(|signal| {
            let export = exports.create(ExporterId::of::<()>(), signal);
            exports.list(&export);
            export
        });
        (exports, all)
    }

    #[test]
    fn a_message_counts_all_losses_since_the_last_one() {
        let (exports, [logs, spans, _]) = all_signals();
        logs.lose(1, "refused");
        spans.lose(512, "no response");
        let first =
            [("span", 512, "no response".to_owned()), ("log record", 1, "refused".to_owned())];
        assert_eq!(said(&exports, 0), first);
        for error in ["refused", "no response"] {
            spans.lose(512, error);
            assert_eq!(said(&exports, 59), []);
        }
        assert_eq!(said(&exports, 60), [("span", 1024, "no response".to_owned())]);
        assert_eq!(said(&exports, 120), []);
    }

    #[test]
    fn a_dead_receiver_is_one_message_a_minute_for_all_signals() {
        let (exports, [logs, spans, metrics]) = all_signals();
        let of_logs = "`http://localhost/v1/logs`: refused";
        logs.lose(1, of_logs);
        assert_eq!(said(&exports, 0), [("log record", 1, of_logs.to_owned())]);
        spans.lose(512, REFUSED);
        metrics.lose(3, "`http://localhost/v1/metrics`: refused");
        logs.lose(2, of_logs);
        assert_eq!(said(&exports, 59), []);
        let all = format!("{REFUSED}; for the same reason: metrics lost=3, log records lost=2");
        assert_eq!(said(&exports, 60), [("span", 512, all)]);
        // Another cause is another message.
        spans.lose(1, REFUSED);
        metrics.lose(1, "not found");
        assert_eq!(said(&exports, 61), []);
        assert_eq!(said(&exports, 120).len(), 2);
    }
}

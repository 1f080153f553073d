//! The processors and exporters of a provider, and the counters of their items for the metrics of the library ([SDK
//! metrics](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/)).

use std::any::type_name;
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::KeyValue;

use super::export_failure::{ExportFailure, QUEUE_FULL};
use crate::config::Signal;
use crate::keys;

/// The identity of an exporter in messages and metrics.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "not part of the public interface")]
pub struct ExporterId {
    /// The name in messages.
    pub name: Cow<'static, str>,
    /// `otel.component.type`.
    pub kind: Cow<'static, str>,
    /// The host and the port of the receiver.
    pub server: Option<(String, u16)>,
}

impl ExporterId {
    /// Derives the identity from a type without its parameters: `ConsoleExporter`.
    #[must_use]
    pub fn of<E>() -> Self {
        let path = type_name::<E>();
        let path = path.split_once('<').map_or(path, |(path, _)| path);
        let name = path.rsplit_once("::").map_or(path, |(_, name)| name);
        Self { name: name.into(), kind: path.into(), server: None }
    }

    /// The same type under another name.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name: name.into(), ..self }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// Queues and batches for an exporter.
    Processor,
    Exporter,
}

/// The counters of a component: spans, log records or data points.
#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) role: Role,
    pub(crate) signal: Signal,
    /// The items in the queue of a processor, or passed to its exporter.
    pub(crate) present: AtomicUsize,
    /// The items in the open batch of a processor.
    pub(crate) open: AtomicUsize,
    attributes: Vec<KeyValue>,
    /// The finished items, by the class of the error.
    finished: Mutex<Finished>,
}

type Finished = Vec<(Option<&'static str>, u64)>;

impl Component {
    pub(crate) fn finish(&self, items: u64, error_type: Option<&'static str>) {
        if items > 0 {
            let mut finished = self.lock();
            match finished.iter_mut().find(|(class, _)| *class == error_type) {
                Some((_, count)) => *count += items,
                None => finished.push((error_type, items)),
            }
        }
    }

    /// The finished items, with the attributes of their series.
    pub(crate) fn finished(&self) -> Vec<(u64, Vec<KeyValue>)> {
        let finished = self.lock();
        let finished = finished.iter();
        finished.map(|(error_type, items)| (*items, self.attributes(*error_type))).collect()
    }

    pub(crate) fn attributes(&self, error_type: Option<&'static str>) -> Vec<KeyValue> {
        let error_type = error_type.map(|error| KeyValue::new(keys::ERROR_TYPE, error));
        self.attributes.iter().cloned().chain(error_type).collect()
    }

    /// Counts the items of an export by its result. Returns the number of failed items.
    pub(crate) fn exported(&self, items: usize, result: Result<(), &ExportFailure>) -> u64 {
        let failure = result.err();
        let failed = failure.map_or(0, |failure| failure.failed_of(items));
        self.finish(items as u64 - failed, None);
        self.finish(failed, failure.map(|failure| failure.error_type));
        failed
    }

    /// The items in the queue and in the open batch of a processor.
    pub(crate) fn queued(&self) -> usize {
        self.present.load(Ordering::Relaxed) + self.open.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Finished> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Components {
    all: Mutex<Vec<Arc<Component>>>,
}

impl Components {
    pub(crate) fn add_exporter(
        &self,
        signal: Signal,
        id: &ExporterId,
    ) -> (Arc<Component>, Arc<Component>) {
        let kind = match signal {
            Signal::Logs => "batching_log_processor",
            _ => "batching_span_processor",
        };
        let processor = self.add(Role::Processor, signal, kind, None);
        (processor, self.add_unqueued(signal, id))
    }

    /// An exporter without a queue.
    pub(crate) fn add_unqueued(&self, signal: Signal, id: &ExporterId) -> Arc<Component> {
        self.add(Role::Exporter, signal, &id.kind, id.server.as_ref())
    }

    fn add(
        &self,
        role: Role,
        signal: Signal,
        kind: &str,
        server: Option<&(String, u16)>,
    ) -> Arc<Component> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let kind_attribute = KeyValue::new(keys::OTEL_COMPONENT_TYPE, kind.to_owned());
        let same = all.iter().filter(|it| it.attributes[0] == kind_attribute);
        let name = format!("{kind}/{}", same.count());
        let mut attributes = vec![kind_attribute, KeyValue::new(keys::OTEL_COMPONENT_NAME, name)];
        if let Some((host, port)) = server {
            attributes.push(KeyValue::new(keys::SERVER_ADDRESS, host.clone()));
            attributes.push(KeyValue::new(keys::SERVER_PORT, i64::from(*port)));
        }
        // These series start at zero, so that a query finds them before items are counted.
        let is_processor = role == Role::Processor;
        let errors = [None, Some(QUEUE_FULL)].into_iter();
        let errors = errors.take(1 + usize::from(is_processor));
        let component = Arc::new(Component {
            role,
            signal,
            present: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            attributes,
            finished: Mutex::new(errors.map(|error_type| (error_type, 0)).collect()),
        });
        all.push(Arc::clone(&component));
        component
    }

    pub(crate) fn all(&self) -> Vec<Arc<Component>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }
}

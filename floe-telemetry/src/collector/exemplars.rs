//! A span behind each series of durations: the last sampled one that the collector has counted.
//!
//! The SDK has a place for exemplars and fills none, and what it has collected cannot be changed. So
//! they are kept apart, and put where exemplars can be sent.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::{KeyValue, SpanId, TraceId};

/// A measurement, and the span that it was made of.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "_otlp"),
    expect(dead_code, reason = "OTLP alone has a place for them")
)]
pub(crate) struct Exemplar {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) seconds: f64,
    pub(crate) time: SystemTime,
}

/// Where the exemplar of one series is.
pub(super) type Slot = Arc<Mutex<Option<Exemplar>>>;

/// Those of the provider that is in use, by the attributes of their series.
static SLOTS: LazyLock<Mutex<HashMap<Vec<KeyValue>, Slot>>> = LazyLock::new(Mutex::default);

/// Forgets those of another provider.
pub(super) fn clear() {
    lock(&SLOTS).clear();
}

/// The place of a series' exemplar.
pub(super) fn slot(attributes: &[KeyValue]) -> Slot {
    let slot = Slot::default();
    lock(&SLOTS).insert(sorted(attributes.iter()), Arc::clone(&slot));
    slot
}

pub(super) fn set(slot: &Slot, exemplar: Exemplar) {
    *lock(slot) = Some(exemplar);
}

/// The exemplar of the series with these attributes.
#[cfg(feature = "_otlp")]
pub(crate) fn exemplar<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Option<Exemplar> {
    let slot = lock(&SLOTS).get(&sorted(attributes)).cloned()?;
    *lock(&slot)
}

fn sorted<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Vec<KeyValue> {
    let mut attributes: Vec<_> = attributes.cloned().collect();
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
    attributes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Exemplars of the duration histogram: for each series, the last sampled span that was counted.
//!
//! The SDK's data model has exemplars, but the SDK records none, and collected data is read-only. So
//! they are stored here, and the OTLP exporter adds them to its requests.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::{KeyValue, SpanId, TraceId};

/// A measured duration and the span it was measured on.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "_otlp"),
    expect(dead_code, reason = "only OTLP exports exemplars")
)]
pub(crate) struct Exemplar {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) seconds: f64,
    pub(crate) time: SystemTime,
}

/// The exemplar of one series, shared with the series.
pub(super) type Slot = Arc<Mutex<Option<Exemplar>>>;

/// The slots of the current provider, by the attributes of their series.
static SLOTS: LazyLock<Mutex<HashMap<Vec<KeyValue>, Slot>>> = LazyLock::new(Mutex::default);

/// Removes the slots of an earlier provider.
pub(super) fn clear() {
    lock(&SLOTS).clear();
}

/// Adds a slot for the series with these attributes.
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

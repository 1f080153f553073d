//! The settings that the current provider applies to log records.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::{Key, KeyValue};

use super::workers::Workers;
use crate::collector::Redaction;
use crate::config::LogRecordLimits;

/// The redaction, identity and export of log records.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    pub(super) redaction: Redaction,
    /// The floe identity of the resource, redacted.
    pub(super) identity: Vec<KeyValue>,
    /// The keys of baggage whose values records carry.
    pub(super) baggage: Vec<Key>,
    /// What precedes the id of a trace in its name in Google Cloud. Empty if the project is not known.
    pub(super) google_traces: String,
    /// The limits of exported records.
    pub(super) limits: LogRecordLimits,
    /// The exporters; `None` if records are only written locally.
    pub(super) exporters: Option<Workers>,
}

static SETTING: RwLock<Option<Arc<Setting>>> = RwLock::new(None);

/// The number of settings so far; 0 before the first.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Whether the current setting has exporters.
static EXPORTS: AtomicBool = AtomicBool::new(false);

/// Returns whether records are exported.
pub(super) fn exports() -> bool {
    EXPORTS.load(Ordering::Relaxed)
}

/// Returns the generation of the current setting, by which a thread detects that its copy is outdated.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Returns the generation and the current setting.
pub(super) fn current() -> (u64, Arc<Setting>) {
    let setting = SETTING.read().unwrap_or_else(PoisonError::into_inner);
    (generation(), setting.clone().unwrap_or_default())
}

/// Replaces the current setting.
pub(super) fn switch(setting: Arc<Setting>) {
    let mut slot = SETTING.write().unwrap_or_else(PoisonError::into_inner);
    EXPORTS.store(setting.exporters.is_some(), Ordering::Relaxed);
    let previous = slot.replace(setting);
    GENERATION.fetch_add(1, Ordering::AcqRel);
    drop(slot);
    drop(previous);
}

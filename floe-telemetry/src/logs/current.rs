//! The settings that the current provider applies to log records.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::logs::SdkLogger;

use crate::collector::Redaction;

/// The redaction, identity and export of log records.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    pub(super) redaction: Redaction,
    /// The floe identity of the resource, redacted.
    pub(super) identity: Vec<KeyValue>,
    /// The keys of baggage whose values records carry.
    pub(super) baggage: Vec<Key>,
    /// The SDK logger that exports records; `None` if they are only written locally.
    pub(super) logger: Option<SdkLogger>,
}

static SETTING: RwLock<Option<Arc<Setting>>> = RwLock::new(None);

/// The number of settings so far; 0 before the first.
static GENERATION: AtomicU64 = AtomicU64::new(0);

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
    let previous = slot.replace(setting);
    GENERATION.fetch_add(1, Ordering::AcqRel);
    drop(slot);
    drop(previous);
}

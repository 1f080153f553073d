//! What the provider of the process says about logs: how they are redacted, whose they are, and
//! where they go besides the local output.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::logs::SdkLogger;

use crate::collector::Redaction;

/// What holds for all records while it is in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    pub(super) redaction: Redaction,
    /// The floe identity of the resource, redacted.
    pub(super) identity: Vec<KeyValue>,
    /// The keys of baggage whose values records carry.
    pub(super) baggage: Vec<Key>,
    /// Where records go besides the local output.
    pub(super) logger: Option<SdkLogger>,
}

static SETTING: RwLock<Option<Arc<Setting>>> = RwLock::new(None);

/// Counts the settings; 0 before the first.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The number of the setting in use, by which a thread knows whether the one it has is still good.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// The setting and its number.
pub(super) fn current() -> (u64, Arc<Setting>) {
    let setting = SETTING.read().unwrap_or_else(PoisonError::into_inner);
    (generation(), setting.clone().unwrap_or_default())
}

/// Puts a setting into use.
pub(super) fn switch(setting: Arc<Setting>) {
    let mut slot = SETTING.write().unwrap_or_else(PoisonError::into_inner);
    let before = slot.replace(setting);
    GENERATION.fetch_add(1, Ordering::AcqRel);
    drop(slot);
    drop(before);
}

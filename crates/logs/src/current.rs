//! The settings that the current provider applies to log records.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::workers::Workers;
use floe_telemetry_sdk::__parts::logs::LogRecordSettings;

/// The settings of log records, and their export.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    pub(super) settings: LogRecordSettings,
    /// The exporters; `None` if records are only written locally.
    pub(super) exporters: Option<Workers>,
    /// The exporters that were shut down.
    pub(super) ended: Option<Workers>,
}

impl Deref for Setting {
    type Target = LogRecordSettings;

    fn deref(&self) -> &LogRecordSettings {
        &self.settings
    }
}

static SETTING: RwLock<Option<Arc<Setting>>> = RwLock::new(None);

/// The number of settings so far; 0 before the first.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Whether the current setting has exporters.
static EXPORTS: AtomicBool = AtomicBool::new(false);

/// Counts a record that is not exported because the exporters were shut down.
pub(super) fn count_late() {
    // Another thread may be in the way, which no record waits for.
    if let Ok(setting) = SETTING.try_read()
        && let Some(ended) = setting.as_ref().and_then(|setting| setting.ended.as_ref())
    {
        ended.count_late();
    }
}

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

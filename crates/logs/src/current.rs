//! The settings that the current provider applies to log records.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use floe_telemetry_sdk::__parts::logs::LogRecordSettings;

static SETTINGS: RwLock<Option<Arc<LogRecordSettings>>> = RwLock::new(None);

/// The number of times that the settings have been replaced.
static GENERATION: AtomicU64 = AtomicU64::new(0);

static EXPORTS: AtomicBool = AtomicBool::new(false);

pub(super) fn exports() -> bool {
    EXPORTS.load(Ordering::Relaxed)
}

/// Returns the generation of the settings. It tells a thread that its copy of the settings is outdated.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

pub(super) fn current() -> (u64, Arc<LogRecordSettings>) {
    let settings = SETTINGS.read().unwrap_or_else(PoisonError::into_inner);
    (generation(), settings.clone().unwrap_or_default())
}

pub(super) fn start(settings: LogRecordSettings) {
    let mut current = SETTINGS.write().unwrap_or_else(PoisonError::into_inner);
    EXPORTS.store(!settings.exporters.is_empty(), Ordering::Relaxed);
    let previous = current.replace(Arc::new(settings));
    GENERATION.fetch_add(1, Ordering::AcqRel);
    drop(current);
    drop(previous);
}

pub(super) fn stop() {
    let (_, settings) = current();
    start(LogRecordSettings { exporters: Arc::default(), ..(*settings).clone() });
}

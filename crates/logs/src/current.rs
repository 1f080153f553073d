//! The settings that the current provider applies to log records.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use floe_telemetry_sdk::__parts::logs::LogRecordSettings;
use opentelemetry::logs::Severity;

static SETTINGS: RwLock<Option<Arc<LogRecordSettings>>> = RwLock::new(None);

/// The number of times that the settings have been replaced.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The number of the least severity that is exported; [`NOTHING`] without an exporter.
static LEAST: AtomicU8 = AtomicU8::new(NOTHING);

const NOTHING: u8 = u8::MAX;

/// Whether records of this severity are exported.
pub(super) fn exports(severity: Option<Severity>) -> bool {
    let least = LEAST.load(Ordering::Relaxed);
    least != NOTHING && severity.is_none_or(|severity| severity as u8 >= least)
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
    let least = settings.export.minimum_severity.map_or(0, |severity| severity as u8);
    let least = if settings.exporters.is_empty() { NOTHING } else { least };
    LEAST.store(least, Ordering::Relaxed);
    let previous = current.replace(Arc::new(settings));
    GENERATION.fetch_add(1, Ordering::AcqRel);
    drop(current);
    drop(previous);
}

pub(super) fn stop() {
    let (_, settings) = current();
    start(LogRecordSettings { exporters: Arc::default(), ..(*settings).clone() });
}

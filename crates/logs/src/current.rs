//! The settings that the current provider applies to log records.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use floe_telemetry_sdk::__parts::logs::{LogRecord, LogRecordSettings, LogWorker};

#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    pub(super) settings: LogRecordSettings,
    /// The exporters; `None` if records are only written locally.
    pub(super) exporters: Option<Arc<[LogWorker]>>,
}

impl Setting {
    pub(super) fn emit(&self, record: &LogRecord) {
        let Some(exporters) = &self.exporters else {
            return;
        };
        let record = Arc::new(record.clone());
        for exporter in &**exporters {
            exporter.push(Arc::clone(&record));
        }
    }
}

impl Deref for Setting {
    type Target = LogRecordSettings;

    fn deref(&self) -> &LogRecordSettings {
        &self.settings
    }
}

static SETTING: RwLock<Option<Arc<Setting>>> = RwLock::new(None);

/// The generation of the setting; 0 before the first one.
static GENERATION: AtomicU64 = AtomicU64::new(0);

static EXPORTS: AtomicBool = AtomicBool::new(false);

pub(super) fn exports() -> bool {
    EXPORTS.load(Ordering::Relaxed)
}

/// The generation, with which a thread detects that its copy is outdated.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

pub(super) fn current() -> (u64, Arc<Setting>) {
    let setting = SETTING.read().unwrap_or_else(PoisonError::into_inner);
    (generation(), setting.clone().unwrap_or_default())
}

pub(super) fn start(exporters: Arc<[LogWorker]>, settings: LogRecordSettings) {
    let exporters = (!exporters.is_empty()).then_some(exporters);
    switch(Setting { settings, exporters });
}

pub(super) fn stop() {
    let (_, setting) = current();
    switch(Setting { settings: setting.settings.clone(), exporters: None });
}

fn switch(setting: Setting) {
    let mut slot = SETTING.write().unwrap_or_else(PoisonError::into_inner);
    EXPORTS.store(setting.exporters.is_some(), Ordering::Relaxed);
    let previous = slot.replace(Arc::new(setting));
    GENERATION.fetch_add(1, Ordering::AcqRel);
    drop(slot);
    drop(previous);
}

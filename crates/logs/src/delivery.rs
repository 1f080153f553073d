//! Passes log records to the exporters of a provider.

use std::sync::Arc;

use super::current::{self, Setting};
use floe_telemetry_sdk::__parts::logs::{LogPipeline, LogRecordSettings, LogWorker};

#[derive(Debug)]
struct Logs {
    workers: Arc<[LogWorker]>,
    /// The setting after shutdown, without export.
    setting: Arc<Setting>,
}

pub(super) fn start(workers: Vec<LogWorker>, settings: LogRecordSettings) -> Box<dyn LogPipeline> {
    let workers = Arc::<[_]>::from(workers);
    let exporters = (!workers.is_empty()).then(|| Arc::clone(&workers));
    let setting = Setting { settings, exporters: None };
    current::switch(Arc::new(Setting { exporters, ..setting.clone() }));
    Box::new(Logs { workers, setting: Arc::new(setting) })
}

impl LogPipeline for Logs {
    fn workers(&self) -> &[LogWorker] {
        &self.workers
    }

    fn stop(&self) {
        current::switch(Arc::clone(&self.setting));
    }
}

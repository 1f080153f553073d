//! The losses of the recorder since the process started.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fork::lock;
use super::listeners;

/// The losses by their cause.
#[derive(Debug, Default)]
pub struct Lost {
    /// Spans whose buffer was full or missing, or whose thread was ending.
    pub spans: AtomicU64,
    /// Lost spans that would have exceeded the memory limit.
    pub for_memory: AtomicU64,
    /// Spans that started after the shutdown of a provider.
    pub after_shutdown: AtomicU64,
    /// Decisions of samplers that panicked.
    pub decisions: AtomicU64,
}

/// The losses of the process.
pub static LOST: Lost = Lost {
    spans: AtomicU64::new(0),
    for_memory: AtomicU64::new(0),
    after_shutdown: AtomicU64::new(0),
    decisions: AtomicU64::new(0),
};

/// Reports that nothing exports the first span.
static REPORT: Mutex<fn()> = Mutex::new(|| ());

pub(super) fn set_report(report: fn()) {
    *lock(&REPORT) = report;
}

/// Reports the first lost span. It does not wait for the lock, because this may be a fork without the lock's holder.
#[cold]
pub(super) fn report() {
    let report = REPORT.try_lock().map(|report| *report);
    if let Ok(report) = report
        && listeners::take_unreported()
    {
        report();
    }
}

pub(super) fn add(lost: &AtomicU64) {
    lost.fetch_add(1, Ordering::Relaxed);
}

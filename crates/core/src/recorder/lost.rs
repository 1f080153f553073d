//! The losses of the recorder since the process started.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::fork::lock;
use super::listeners;
use crate::standard_error::write_if_room;

/// The losses by their cause.
#[derive(Debug, Default)]
pub struct Lost {
    /// Spans whose buffer was full or missing, or whose thread was ending.
    pub spans: AtomicU64,
    /// Lost spans that would have exceeded the memory limit.
    pub for_memory: AtomicU64,
    /// Spans that started after the shutdown of a provider.
    pub after_shutdown: AtomicU64,
    /// Measured calls without a span that found their thread's ring full or missing.
    pub calls: AtomicU64,
    /// Decisions of samplers that panicked.
    pub decisions: AtomicU64,
}

/// The losses of the process.
pub static LOST: Lost = Lost {
    spans: AtomicU64::new(0),
    for_memory: AtomicU64::new(0),
    after_shutdown: AtomicU64::new(0),
    calls: AtomicU64::new(0),
    decisions: AtomicU64::new(0),
};

/// Whether the last provider was dropped soon after its start, before a span. Nothing but the first root after it
/// shows that the program has lost its telemetry by mistake.
static IS_UNBOUND: AtomicBool = AtomicBool::new(false);

/// Notes at the end of a provider whether the first root after it is an error to report.
pub fn set_unbound(is_unbound: bool) {
    IS_UNBOUND.store(is_unbound, Ordering::Relaxed);
}

/// Reports the first root after a provider that was not bound. It neither allocates nor takes a lock, because this may
/// be a fork.
pub(super) fn say_unbound() {
    const MESSAGE: &str = "error: no span is recorded: the telemetry provider was dropped soon after its start, \
                           before the first span; bind it in `main`: \
                           `let _telemetry = floe_telemetry::init()?;`\n";

    if IS_UNBOUND.load(Ordering::Relaxed) && IS_UNBOUND.swap(false, Ordering::Relaxed) {
        write_if_room(MESSAGE);
    }
}

/// Reports that nothing exports the spans of a provider.
static REPORT: Mutex<fn()> = Mutex::new(|| ());

pub(super) fn set_report(report: fn()) {
    *lock(&REPORT) = report;
}

#[cold]
pub(super) fn report_unexported() {
    if listeners::take_unreported() {
        let report = *lock(&REPORT);
        report();
    }
}

pub(super) fn add(lost: &AtomicU64) {
    lost.fetch_add(1, Ordering::Relaxed);
}

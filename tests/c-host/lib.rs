//! A library for programs in C, which handle signals themselves: Rust's runtime does not ignore SIGPIPE there.
#![expect(unsafe_code, reason = "functions that C calls need names")]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floe_telemetry::{TelemetryGuard, create_span, init};
use floe_telemetry_otlp_file as _;

static TELEMETRY: Mutex<Option<TelemetryGuard>> = Mutex::new(None);

fn telemetry() -> MutexGuard<'static, Option<TelemetryGuard>> {
    TELEMETRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the telemetry, from the environment.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_start() -> bool {
    let started = init().ok();
    let has_started = started.is_some();
    *telemetry() = started;
    has_started
}

/// Records a large span, which takes more than one write to send, and a log record. Returns whether everything was
/// exported.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_work() -> bool {
    for _ in 0..50 {
        let span = create_span("work");
        span.set_attribute("text", "x".repeat(30_000));
    }
    tracing::info!("worked");
    telemetry()
        .as_ref()
        .is_some_and(|it| it.force_flush(Duration::from_secs(10)).is_ok())
}

/// Shuts the telemetry down.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_stop() {
    *telemetry() = None;
}

//! A library for programs in C, which handle signals themselves: without Rust's runtime, nothing ignores SIGPIPE.
#![expect(unsafe_code, reason = "functions that C calls need names")]

use std::cell::RefCell;
use std::ffi::c_void;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use floe_telemetry::propagation::current_context;
use floe_telemetry::{
    ActiveSpan, FutureExt as _, TelemetryProvider, Tracer, create_span, create_span_with, init,
    span, traced, tracer,
};
use floe_telemetry_otlp_file as _;

static TELEMETRY: Mutex<Option<TelemetryProvider>> = Mutex::new(None);

fn telemetry() -> MutexGuard<'static, Option<TelemetryProvider>> {
    TELEMETRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls [`telemetry_start`] while the library is loaded, if `FLOE_HOST_CONSTRUCTOR` is set, or [`telemetry_copy`] if it is
/// `signals`.
// SAFETY: the section is the list of constructors, which are functions of this type.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = {
    extern "C" fn start() {
        match std::env::var("FLOE_HOST_CONSTRUCTOR").as_deref() {
            Ok("signals") => _ = telemetry_copy(),
            Ok(_) => _ = telemetry_start(),
            Err(_) => {}
        }
    }
    start
};

/// Starts the telemetry, configured by the environment.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_start() -> bool {
    let started = init().ok();
    let has_started = started.is_some();
    *telemetry() = started;
    has_started
}

/// Starts the telemetry of one of several copies of this library, which a signal ends, and records a span.
// SAFETY: the program has another function of this name only in another copy of the library, which it loads on its own.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_copy() -> bool {
    let is_prepared = telemetry_start()
        && telemetry().as_ref().is_some_and(|it| it.shutdown_on_signals().is_ok());
    drop(create_span("copy"));
    is_prepared
}

/// Records large spans, which need more than one write to send, and a log record. Returns whether everything was
/// exported.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_work() -> bool {
    for _ in 0..50 {
        let span = create_span("work");
        span.set_attribute("text", "x".repeat(30_000));
    }
    tracing::info!("worked");
    telemetry().as_ref().is_some_and(|it| it.force_flush(Duration::from_secs(10)).is_ok())
}

#[traced]
fn plain(call: Callback) {
    call();
}

#[traced(attributes(n))]
fn with_attributes(n: i32, call: Callback) {
    call();
}

#[traced]
async fn later(call: Callback) {
    call();
}

#[traced]
fn returned(call: Callback) -> impl Future<Output = ()> {
    async move { call() }
}

static TRACER: Tracer = tracer!("host");

type Callback = extern "C-unwind" fn();

/// Calls `call` in a span of this kind. `call` may leave the function by a C++ exception or the end of the thread.
/// Returns whether the kind exists.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn telemetry_call(kind: i32, call: Callback) -> bool {
    let mut task = TaskContext::from_waker(Waker::noop());
    match kind {
        0 => plain(call),
        1 => with_attributes(kind, call),
        2 => _ = pin!(later(call)).poll(&mut task),
        3 => _ = pin!(returned(call)).poll(&mut task),
        4 => _ = pin!(async { call() }.in_span(span("in_span"))).poll(&mut task),
        5 => create_span_with("guard", |_| call()),
        6 => {
            let mut span = TRACER.open(current_context(), |span| span.name_const("detached"));
            span.run(|| call());
            span.end();
        }
        _ => return false,
    }
    true
}

thread_local! {
    static LEFT: RefCell<Option<ActiveSpan>> = const { RefCell::new(None) };
}

/// Leaves an open span to the end of the thread.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_leave() {
    LEFT.set(None);
    LEFT.set(Some(create_span("left")));
}

/// Lets Node load the library as a module.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn napi_register_module_v1(_: *mut c_void, exports: *mut c_void) -> *mut c_void {
    exports
}

/// Shuts the telemetry down.
// SAFETY: no other function of the process has this name.
#[unsafe(no_mangle)]
pub extern "C" fn telemetry_stop() {
    *telemetry() = None;
}

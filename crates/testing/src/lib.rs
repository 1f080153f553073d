//! Captures the spans of a closure or a future, with assertions on [one of them](CapturedSpan) and on the
//! [shape of the trace](Spans).
//!
//! A capture contains only the spans of its own code, even if many tests run in parallel in one process, and needs no
//! provider. The spans pass through the same recorder, collector and redaction as those of a provider of this library;
//! a provider of OpenTelemetry's SDK gets redacted spans only with the feature `redact`. All spans are recorded,
//! regardless of the sampler and the filter, except below a parent that is not sampled. Unlike in production, a thread
//! that ends spans too fast waits up to ten seconds for the collector, so that no span is lost.
//!
//! With the environment variable `FLOE_TESTING_CONTEXT=boundaries`, captures record as a provider with the
//! setting `context: boundaries` does ([`ContextMode`](floe_telemetry_sdk::config::ContextMode)).
//!
//! ```
//! use floe_telemetry::{testing, traced};
//!
//! #[traced(attributes(table))]
//! fn load(table: &str) -> Result<u64, String> {
//!     store(table)
//! }
//!
//! #[traced]
//! fn store(table: &str) -> Result<u64, String> {
//!     Err(format!("{table} is locked"))
//! }
//!
//! let spans = testing::capture(|| load("orders"));
//! spans.single("load").assert_root().assert_attribute("table", "orders");
//! spans.single("store").assert_child_of("load").assert_error("orders is locked");
//! ```

// A capture marks the OpenTelemetry context. A span inherits this mark, and the collector sorts spans by it. So
// captures work in parallel, across threads and tasks, and use the real path.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod captured;
mod tree;

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use opentelemetry::Context;

pub use self::captured::{CapturedSpan, Spans};
use floe_telemetry_core::__sdk::recorder::CaptureScope;
use floe_telemetry_core::__sdk::recorder::context::within;
use floe_telemetry_core::__sdk::{char_boundary, environment};
use floe_telemetry_core::attributes;
use floe_telemetry_sdk::__parts::collector::{captured_spans, start_capture};

static HAS_BOUNDARIES: LazyLock<bool> = LazyLock::new(|| {
    environment::variable("FLOE_TESTING_CONTEXT").is_ok_and(|value| value == "boundaries")
});

/// Runs `code` and returns the spans that ended in it, on this thread and on threads and tasks to which the
/// OpenTelemetry context of `code` was propagated, as [`in_current_span`](floe_telemetry_core::in_current_span) does. A
/// failed assertion reports a missing span that started elsewhere.
///
/// The caller's current span is hidden from `code`: spans without a parent in `code` are roots.
///
/// ```
/// use floe_telemetry::{testing, traced};
///
/// #[traced]
/// fn load() {}
///
/// let spans = testing::capture(load);
/// spans.single("load").assert_root().assert_ok();
/// ```
///
/// # Panics
///
/// Propagates a panic of `code`.
pub fn capture<T>(code: impl FnOnce() -> T) -> Spans {
    let capture = Capture::start();
    within(&capture.context(), || capture.scope.run(code));
    capture.finish()
}

/// Runs the future `code` and returns the spans that ended in it, like [`capture`].
///
/// ```
/// use floe_telemetry::{testing, traced};
///
/// #[traced]
/// async fn load() {}
///
/// # futures_executor::block_on(async {
/// let spans = testing::capture_async(load()).await;
/// spans.single("load").assert_ok();
/// # });
/// ```
///
/// # Panics
///
/// Propagates a panic of `code`.
pub async fn capture_async<F: Future>(code: F) -> Spans {
    let capture = Capture::start();
    let context = capture.context();
    let mut code = pin!(code);
    poll_fn(|task| within(&context, || capture.scope.run(|| code.as_mut().poll(task)))).await;
    capture.finish()
}

/// The number of running captures. The end of the last one stops recording, under the lock, because a capture that
/// starts meanwhile would otherwise lose spans.
static RUNNING: Mutex<usize> = Mutex::new(0);
static NEXT: AtomicU64 = AtomicU64::new(0);

fn running() -> MutexGuard<'static, usize> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Capture {
    scope: CaptureScope,
    /// The number of calls outside captures, by name, when this capture started.
    missed_before: HashMap<&'static str, u64>,
}

/// The message of the panic if the collector does not answer. A test without its spans must fail.
const WITHOUT_SPANS: &str = "expected spans from the telemetry collector, which does not answer";

#[expect(clippy::expect_used, reason = "a test without its spans must fail")]
impl Capture {
    fn start() -> Self {
        let scope = CaptureScope(NEXT.fetch_add(1, Ordering::Relaxed));
        let mut running = running();
        *running += 1;
        CaptureScope::start_all(*HAS_BOUNDARIES);
        drop(running);
        start_capture(scope.0).expect(WITHOUT_SPANS);
        Self { scope, missed_before: CaptureScope::missed() }
    }

    fn context(&self) -> Context {
        Context::new().with_value(self.scope)
    }

    fn finish(self) -> Spans {
        let spans = captured_spans(self.scope.0).expect(WITHOUT_SPANS);
        let mut missed = CaptureScope::missed();
        missed.retain(|name, calls| self.missed_before.get(name) != Some(calls));
        Spans::new(spans, missed.into_keys().collect())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let mut running = running();
        *running -= 1;
        if *running == 0 {
            CaptureScope::stop_all();
        }
    }
}

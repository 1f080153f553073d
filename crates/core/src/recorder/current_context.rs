//! OpenTelemetry's current `Context`, completed if the current span is only in a cell.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::context;
use super::current::{CurrentGuard, handle_within, span_context_within};
use super::recorded_span::RecordedSpan;

/// Returns the current context, which is empty where a thread has none, see [`context`].
pub(crate) fn current_context() -> Context {
    let current = context::read(|cx| {
        let Some(context) = span_context_within(cx) else {
            return cx.clone();
        };

        match handle_within(cx.span().span_context()) {
            Some(handle) => cx.with_span(RecordedSpan::fixed(context, handle)),
            None => cx.with_remote_span_context(context),
        }
    });

    current.unwrap_or_default()
}

/// Captures the current OpenTelemetry context, with its span and its baggage, for a closure that runs elsewhere: on a
/// new thread, in a pool, or later. The context is current while the closure runs. No span is started.
///
/// A thread started without the context has no current span, so its spans are roots of new traces. For futures there is
/// [`FutureExt::in_current_span`](crate::FutureExt::in_current_span).
///
/// ```
/// use std::thread;
///
/// use floe_telemetry::{in_current_span, testing, traced};
///
/// #[traced]
/// fn import() {
///     // The same with `tokio::task::spawn_blocking`, `rayon::spawn` and the jobs of a scheduler.
///     thread::spawn(in_current_span(|| load("orders"))).join().expect("it does not panic");
/// }
///
/// #[traced]
/// fn load(table: &str) {}
///
/// let spans = testing::capture(import);
/// spans.single("load").assert_child_of("import");
/// ```
pub fn in_current_span<R>(function: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let captured = context::is_there().then(current_context);
    move || {
        let _current = captured.map(|cx| CurrentGuard::propagated(&cx, false));
        function()
    }
}

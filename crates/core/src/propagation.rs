//! Propagation of the trace and of baggage.

mod carrier;
pub(crate) mod caught;
mod command;
mod current_baggage;
mod environment;
#[cfg_attr(not(feature = "redact"), path = "propagation/no_formats.rs")]
pub(crate) mod formats;
#[cfg(feature = "http")]
mod http;
pub(crate) mod parent;

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

#[doc(hidden)]
pub use self::carrier::kind;
pub use self::carrier::{ExtractFrom, InjectInto};
pub use self::command::CommandExt;
pub use self::current_baggage::{baggage_value, set_baggage_value, set_floe_baggage};
pub use self::environment::{EnvironmentCarrier, from_environment};
#[cfg(feature = "redact")]
pub use self::formats::setup_propagators;
use self::formats::with as with_propagator;
pub use self::parent::AsParent;
use crate::recorder::current_context;

/// Injects the current context into a carrier: a header map, a `HashMap`, pairs, or any OpenTelemetry
/// [`Injector`](opentelemetry::propagation::Injector).
///
/// Without a current span no trace context is injected, and without baggage no baggage.
///
/// ```
/// use std::collections::HashMap;
/// use floe_telemetry::{create_span, propagation, testing};
///
/// testing::capture(|| {
///     let span = create_span("request");
///     let mut headers = HashMap::new();
///     propagation::inject_context(&mut headers);
///     let trace_id = span.span_context().trace_id();
///     assert!(headers["traceparent"].starts_with(&format!("00-{trace_id}-")));
/// });
/// ```
pub fn inject_context<K>(carrier: &mut (impl InjectInto<K> + ?Sized)) {
    inject_from(&current_context(), carrier);
}

/// Injects `cx` into a carrier, as [`inject_context`] injects the current context.
pub fn inject_from<K>(cx: &Context, carrier: &mut (impl InjectInto<K> + ?Sized)) {
    // The carrier may be code of the program, which may panic.
    caught::or_default(|| {
        carrier.inject(&mut |injector| {
            with_propagator(|propagator| propagator.inject_context(cx, injector));
        });
    });
}

/// Extracts the remote parent and the baggage of a carrier, on top of the current context: for code that continues its
/// caller, unless the carrier has a trace.
///
/// An empty carrier returns the current context. A layer, which a framework calls in any context, passes
/// [`current_without_span`] to [`extract_onto`] instead. If the carrier's trace context is invalid or occurs
/// twice, the returned context has no span, so that a new trace begins, as the W3C specification
/// requires.
///
/// The names of pairs may have any case, as in HTTP. Of a `HashMap`, OpenTelemetry's `Extractor` only finds lower-case
/// names, so a map of headers as they were received is passed as its pairs.
///
/// ```
/// use std::collections::HashMap;
/// use opentelemetry::trace::TraceContextExt;
/// use floe_telemetry::propagation;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
/// let received = HashMap::from([("Traceparent".to_owned(), header)]);
/// let cx = propagation::extract_context(&received.iter().collect::<Vec<_>>());
/// assert!(cx.span().span_context().is_remote());
///
/// let cx = propagation::extract_context(&[("traceparent", "00-no-such-01")]);
/// assert!(!cx.span().span_context().is_valid());
/// ```
pub fn extract_context<K>(carrier: &(impl ExtractFrom<K> + ?Sized)) -> Context {
    extract_onto(current_context(), carrier)
}

/// Extracts the span of a carrier for a link; `None` if the carrier has no span. A consumer that handles several
/// messages at once has one parent and [links to the span of each message].
///
/// ```
/// use floe_telemetry::{propagation, testing, traced};
///
/// type Headers = Vec<(String, String)>;
///
/// #[traced(name = "publish orders", kind = producer)]
/// fn publish() -> Headers {
///     let mut headers = Headers::new();
///     propagation::inject_context(&mut headers);
///     headers
/// }
///
/// #[traced(
///     name = "process orders",
///     kind = consumer,
///     links = batch.iter().filter_map(propagation::extract_span_context).collect::<Vec<_>>()
/// )]
/// fn process(batch: &[Headers]) {
///     let _ = batch;
/// }
///
/// let spans = testing::capture(|| process(&[publish(), Headers::new(), publish()]));
/// assert_eq!(spans.single("process orders").data().links.links.len(), 2);
/// ```
///
/// [links to the span of each message]: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
pub fn extract_span_context<K>(carrier: &(impl ExtractFrom<K> + ?Sized)) -> Option<SpanContext> {
    let cx = extract_onto(Context::new(), carrier);
    let span_context = cx.span().span_context().clone();
    span_context.is_valid().then_some(span_context)
}

/// Extracts like [`extract_context`], but on top of `cx` instead of the current context: with [`current_without_span`]
/// for a request, whose parent comes from the request alone.
///
/// ```
/// use floe_telemetry::propagation::{current_without_span, extract_onto};
/// use floe_telemetry::{create_span, testing, traced};
///
/// type Headers = [(&'static str, &'static str)];
///
/// #[traced(parent = extract_onto(current_without_span(), headers))]
/// fn serve(headers: &Headers) {}
///
/// let spans = testing::capture(|| {
///     let _span = create_span("the server's own loop");
///     serve(&[]);
/// });
/// spans.single("serve").assert_root();
/// ```
#[must_use = "a context has no effect unless it is attached or used as a parent"]
pub fn extract_onto<K>(mut cx: Context, carrier: &(impl ExtractFrom<K> + ?Sized)) -> Context {
    caught::or_default(|| {
        carrier.extract(&mut |extractor| {
            cx = with_propagator(|propagator| {
                if cx.span().span_context().is_valid() {
                    // A propagator could not tell this span from one that another propagator has read.
                    let received = propagator.extract_with_context(&without_span(&cx), extractor);
                    let is_trace = received.span().span_context().is_valid();
                    // `get_all`, because `get` of a carrier returns `None` for a value that is not text.
                    let is_received = |field: &str| {
                        TRACE_FIELDS.contains(&field)
                            && extractor.get_all(field).is_some_and(|values| !values.is_empty())
                    };
                    if is_trace || propagator.fields().any(is_received) {
                        return received;
                    }
                }

                propagator.extract_with_context(&cx, extractor)
            });
        });
    });
    cx
}

/// Returns the current context. Unlike OpenTelemetry's `Context::current()`, it contains the innermost function's span
/// even with `context: boundaries`, and is empty while the thread ends.
pub fn current_context() -> Context {
    current_context::current_context()
}

/// Returns the current context without its span, which belongs to the server or the runtime and not to a request that it
/// passes on. Baggage and other values stay.
#[must_use = "a context has no effect unless it is attached or used as a parent"]
pub fn current_without_span() -> Context {
    without_span(&current_context())
}

fn without_span(cx: &Context) -> Context {
    cx.with_remote_span_context(SpanContext::NONE)
}

/// Returns the headers that propagate the current context.
///
/// ```
/// use floe_telemetry::{create_span, propagation, testing};
///
/// testing::capture(|| {
///     let _span = create_span("request");
///     assert!(propagation::inject_headers().contains_key("traceparent"));
/// });
/// ```
pub fn inject_headers() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    inject_context(&mut headers);
    headers
}

/// Returns the span context of the current span; an invalid one if there is no current span.
pub fn current_span_context() -> SpanContext {
    current_context().span().span_context().clone()
}

/// Returns the id of the current trace as 32 lower-case hexadecimal digits.
///
/// ```
/// use floe_telemetry::{create_span, propagation, testing};
///
/// assert_eq!(propagation::current_trace_id(), None);
/// testing::capture(|| {
///     let _span = create_span("request");
///     assert_eq!(propagation::current_trace_id().unwrap().len(), 32);
///     assert_eq!(propagation::current_span_id().unwrap().len(), 16);
/// });
/// ```
pub fn current_trace_id() -> Option<String> {
    let context = current_span_context();
    context.is_valid().then(|| context.trace_id().to_string())
}

/// Returns the id of the current span as 16 lower-case hexadecimal digits.
pub fn current_span_id() -> Option<String> {
    let context = current_span_context();
    context.is_valid().then(|| context.span_id().to_string())
}

const TRACE_FIELDS: [&str; 3] = ["traceparent", "b3", "x-b3-traceid"];

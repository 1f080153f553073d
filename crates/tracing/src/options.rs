//! The type of the layer for `tracing`.

use crate::spans::Spans;

/// A layer that records the spans of `tracing` as OpenTelemetry spans, created by [`tracing_layer`].
///
/// | in `tracing` | in OpenTelemetry |
/// |---|---|
/// | a field | an attribute of its type; an integer that does not fit, `?` and `%` are text |
/// | `otel.name`, `otel.kind`, `otel.status_code`, `otel.status_description` | the name, the kind, the status |
/// | a field of the type `dyn Error` | its text, `exception.message` and `exception.stacktrace`, which is the chain of sources; for an event, also attributes of its span |
/// | an event | unless a provider exports it as a log record, an event of the current span, named after its message, else after its `name:`, else after its target |
/// | an event of level `ERROR` in a span of `tracing` | also status ERROR with the message; another span, such as that of a `#[traced]` function, keeps the status of its outcome |
/// | a field `error` in an event without a message, as `#[instrument(err)]` writes it | an event `exception`, and for a span of `tracing` status ERROR with the error's text |
/// | `follows_from` | a link |
/// | target, module, file and line | `target`, `code.module.name`, `code.file.path` and `code.line.number` |
///
/// A span starts when it is created, which is also when the sampler decides, and ends at its last exit; if several
/// threads exit it at the same moment, it ends at one of these exits. It is exported when its last handle is dropped,
/// which also ends a span that was never entered. It is a child of OpenTelemetry's current span unless it sets a parent
/// (`parent: &span`) or none (`parent: None`). While it is entered, its OpenTelemetry
/// [`Context`](opentelemetry::Context) is current: `#[traced]` functions, spans of OpenTelemetry's API and outgoing
/// requests become its children. It is redacted like any other span.
///
/// A second layer of this type in the same subscriber does nothing.
///
/// The spans go to the provider of this library, as
/// [`init`](https://docs.rs/floe-telemetry/latest/floe_telemetry/fn.init.html) starts it. Without one, they go to
/// OpenTelemetry's global tracer provider. Without either, one line on standard error reports that spans are lost. Code
/// that calls tracing-opentelemetry's `OpenTelemetrySpanExt`, such as tracing-actix-web, does not find this layer.
///
/// Telemetry about telemetry is not recorded: events of this crate and of OpenTelemetry are ignored, and
/// so are spans and events on the threads of exporters.
#[derive(Debug)]
pub struct TracingLayer {
    pub(crate) open: Spans,
    /// Whether the subscriber already has a layer of this type.
    pub(crate) is_second: bool,
    /// Whether the program has chosen a filter for this layer alone.
    #[doc(hidden)]
    pub is_filtered: bool,
}

/// A clone is for another subscriber, so it has no open spans.
impl Clone for TracingLayer {
    fn clone(&self) -> Self {
        tracing_layer()
    }
}

/// Creates a layer that records the spans and events of `tracing` in the same traces as `#[traced]` functions.
///
/// Like any layer it can be combined with a filter. It also records the libraries that emit `tracing` spans:
///
/// ```
/// use floe_telemetry::{testing, traced, tracing_layer};
/// use tracing::{info, info_span, level_filters::LevelFilter};
/// use tracing_subscriber::{Layer, layer::SubscriberExt};
///
/// #[traced]
/// fn load() {
///     info_span!("query", table = "orders").in_scope(|| info!(rows = 3, "done"));
/// }
///
/// let subscriber = tracing_subscriber::registry().with(tracing_layer().with_filter(LevelFilter::INFO));
/// // In a program: `subscriber.init()`.
/// tracing::subscriber::with_default(subscriber, || {
///     let spans = testing::capture(|| info_span!("request").in_scope(load));
///     spans.single("load").assert_child_of("request");
///     spans
///         .single("query")
///         .assert_child_of("load")
///         .assert_attribute("table", "orders")
///         .assert_event("done");
/// });
/// ```
///
/// # Instead of tracing-opentelemetry
///
/// Two lines change. The fields `otel.*` have the same meaning.
///
/// ```diff
///  tracing_subscriber::registry()
/// -    .with(tracing_opentelemetry::layer().with_tracer(tracer))
/// +    .with(floe_telemetry::tracing_layer())
///      .init();
/// +let _telemetry = floe_telemetry::init()?;
/// ```
///
/// [`OpenTelemetrySpanExt`] and [`get_otel_context`] are the same. These differences remain:
///
/// | | tracing-opentelemetry | here | why |
/// |---|---|---|---|
/// | a span starts | when it is entered or its context is read | when it is created | its start time is the time of its creation, and events before the first `enter` have a place |
/// | instrumentation scope | the tracer's | the target of the span | it names the code that is instrumented |
/// | `set_parent` of a span in OpenTelemetry's global provider | until the span is used | an error | the provider starts a span with its parent |
/// | `OtelData` in the extensions of a span | yes | – | [`OpenTelemetrySpanExt::context`](crate::OpenTelemetrySpanExt::context) has the ids |
/// | texts | as they are | redacted, and bounded | |
/// | threads, busy and idle time, levels of spans | recorded, or on request | – | a layer of the program can record them; they cost time in each span |
/// | `with_context_activation`, `with_target`, `with_location`, `with_error_…` | yes | – | their defaults |
/// | `Span::current()` in a `#[traced]` function | – | the function's span, with [`with_current_span`] | |
/// | `MetricsLayer`, metrics from fields of events | yes | – | `MetricRecorder`, or the facade `metrics` |
/// | `with_counting_event_filter` | counts the events that a filter excludes | – | a filter of `tracing_subscriber` selects events |
/// | sources of an error | `<field>.chain`, an array | in its text, and in `exception.stacktrace`, text | backends show it as the text that it is by convention |
/// | an `error` of the type `dyn Error` in an event without a message | an attribute | as an `error` that is text: the event `exception`, and the status | |
/// | an event without a message and a name | `event file:line` | its target | the names of events are few |
/// | a field that is recorded again | both values | the last one | keys are unique in OTLP |
/// | numbers without a sign, and of 128 bits | text | numbers if they fit into 64 bits with a sign | |
/// | a `log` record | `log.*` is not recorded | they become the target and location of the event | |
/// | events of a span | as many as the SDK's limits allow | at most 128 | memory is bounded |
///
/// [`get_otel_context`]: crate::get_otel_context
/// [`OpenTelemetrySpanExt`]: crate::OpenTelemetrySpanExt
/// [`with_current_span`]: crate::with_current_span
#[must_use]
pub fn tracing_layer() -> TracingLayer {
    TracingLayer { open: Spans::default(), is_second: false, is_filtered: false }
}

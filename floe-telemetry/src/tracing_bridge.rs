//! The spans and events of `tracing`, by our recorder.

mod entered;
mod events;
mod fields;
mod layer;
mod scratch;
mod sites;
mod spans;

use tracing::level_filters::LevelFilter;

use self::spans::Spans;

/// A layer that turns the spans of `tracing` into OpenTelemetry spans. [`tracing_layer`] makes it.
///
/// | in `tracing` | in OpenTelemetry |
/// |---|---|
/// | a field | an attribute of its type; an integer that does not fit, `?` and `%` are text |
/// | `otel.name`, `otel.kind`, `otel.status_code`, `otel.status_description` | the name, the kind, the status |
/// | a field of the type `dyn Error` | its text, `exception.message` and `exception.stacktrace`, which is the chain of sources |
/// | an event | an event of the current span, called by its message |
/// | one of the level `ERROR` | makes the span an error, too |
/// | a field `error` in an event without a message, which is what `#[instrument(err)]` writes | an event `exception`; the span is an error and says so |
/// | `follows_from` | a link |
/// | target, file and line | `target`, `code.file.path` and `code.line.number` |
///
/// A span starts when it is made, and ends when its last handle is dropped. Whether it is recorded is
/// decided when it starts. It is a child of OpenTelemetry's current span, unless it names a parent
/// (`parent: &span`) or says that it has none (`parent: None`). While it is entered, its OpenTelemetry
/// [`Context`](opentelemetry::Context) is the current one: `#[traced]` functions, spans of the plain API and requests that go
/// out are below it. All that it carries is redacted like any other span.
///
/// A second layer of this kind that is added to the same subscriber by `.with` does nothing.
///
/// What telemetry says about itself does not become telemetry: events of this crate and of
/// OpenTelemetry are left out, and so is all that exporters' libraries do on exporters' threads.
#[derive(Debug)]
pub struct TracingLayer {
    spans: LevelFilter,
    open: Spans,
    /// There is one below it already.
    is_second: bool,
}

/// A layer for another subscriber: the spans of this one stay here.
impl Clone for TracingLayer {
    fn clone(&self) -> Self {
        tracing_layer().with_span_level(self.spans)
    }
}

/// A layer that makes `tracing`'s spans and events part of the same traces.
///
/// With a filter in front of it, as for any layer, it records what the libraries do that speak to
/// `tracing` by themselves:
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
/// One line changes; the fields `otel.*` mean the same.
///
/// ```diff
/// -.with(tracing_opentelemetry::layer().with_tracer(tracer))
/// +.with(floe_telemetry::tracing_layer())
/// ```
///
/// In place of `OpenTelemetrySpanExt` there is what OpenTelemetry has itself: a remote parent is
/// attached before the span is made (`propagation::extract_context(&headers).attach()`), the context
/// of a span is `Context::current()` while it is entered, and
/// [`get_current_span`](crate::get_current_span) sets attributes that `tracing` knows no field for.
/// Attributes for threads and for busy and idle time are not written.
#[must_use]
pub fn tracing_layer() -> TracingLayer {
    TracingLayer {
        spans: LevelFilter::TRACE,
        open: Spans::default(),
        is_second: false,
    }
}

impl TracingLayer {
    /// Records no spans that are less important than this; default: all. Their events go to the span
    /// around them, and so do the spans inside them.
    ///
    /// A filter of `tracing_subscriber` takes spans and events alike, and costs less where it takes
    /// all that a subscriber has.
    ///
    /// ```
    /// use floe_telemetry::{testing, tracing_layer};
    /// use tracing::{Level, debug_span, info, info_span};
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let layer = tracing_layer().with_span_level(Level::INFO);
    /// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
    ///     let spans = testing::capture(|| {
    ///         info_span!("request").in_scope(|| debug_span!("detail").in_scope(|| info!("done")))
    ///     });
    ///     assert_eq!(spans.names(), ["request"]);
    ///     spans.single("request").assert_event("done");
    /// });
    /// ```
    #[must_use]
    pub fn with_span_level(mut self, level: impl Into<LevelFilter>) -> Self {
        self.spans = level.into();
        self
    }
}

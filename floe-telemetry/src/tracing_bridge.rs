//! A `tracing` layer that records spans and events of `tracing` with the crate's recorder.

mod current_span;
mod entered;
mod events;
mod fields;
mod layer;
mod scratch;
mod sites;
mod span_ext;
mod spans;

use tracing::level_filters::LevelFilter;

pub use self::current_span::{WithCurrentSpan, with_current_span};
pub use self::span_ext::{OpenTelemetrySpanExt, SetParentError};
use self::spans::Spans;

/// A layer that records the spans of `tracing` as OpenTelemetry spans, created by [`tracing_layer`].
///
/// | in `tracing` | in OpenTelemetry |
/// |---|---|
/// | a field | an attribute of its type; an integer that does not fit, `?` and `%` are text |
/// | `otel.name`, `otel.kind`, `otel.status_code`, `otel.status_description` | the name, the kind, the status |
/// | a field of the type `dyn Error` | its text, `exception.message` and `exception.stacktrace`, which is the chain of sources |
/// | an event | an event of the current span, named after its message |
/// | an event of level `ERROR` | also sets the span's status to ERROR |
/// | a field `error` in an event without a message, as `#[instrument(err)]` writes it | an event `exception`, and status ERROR with the error's text |
/// | `follows_from` | a link |
/// | target, file and line | `target`, `code.file.path` and `code.line.number` |
///
/// A span starts when it is created, which is also when the sampler decides, and ends when its last
/// handle is dropped. It is a child of OpenTelemetry's current span unless it sets a parent
/// (`parent: &span`) or none (`parent: None`). While it is entered, its OpenTelemetry
/// [`Context`](opentelemetry::Context) is current: `#[traced]` functions, spans of OpenTelemetry's API
/// and outgoing requests become its children. It is redacted like any other span.
///
/// A second layer of this type in the same subscriber does nothing.
///
/// Telemetry about telemetry is not recorded: events of this crate and of OpenTelemetry are ignored, and
/// so are spans and events on the threads of exporters.
#[derive(Debug)]
pub struct TracingLayer {
    spans: LevelFilter,
    open: Spans,
    /// The subscriber already has a layer of this type.
    is_second: bool,
}

/// A clone is meant for another subscriber: it has the same level, but no open spans.
impl Clone for TracingLayer {
    fn clone(&self) -> Self {
        tracing_layer().with_span_level(self.spans)
    }
}

/// Creates a layer that records the spans and events of `tracing` in the same traces as `#[traced]`
/// functions.
///
/// Like any layer it can be combined with a filter. It also records the libraries that emit `tracing`
/// spans:
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
/// One line changes. The fields `otel.*` have the same meaning.
///
/// ```diff
/// -.with(tracing_opentelemetry::layer().with_tracer(tracer))
/// +.with(floe_telemetry::tracing_layer())
/// ```
///
/// OpenTelemetry's own API replaces `OpenTelemetrySpanExt`: attach a remote parent before creating the
/// span (`propagation::extract_context(&headers).attach()`), use `Context::current()` while the span
/// is entered, and set attributes that are not declared as fields with
/// [`get_current_span`](crate::get_current_span). Attributes for threads and for busy and idle time
/// are not recorded.
#[must_use]
pub fn tracing_layer() -> TracingLayer {
    TracingLayer {
        spans: LevelFilter::TRACE,
        open: Spans::default(),
        is_second: false,
    }
}

impl TracingLayer {
    /// Sets the most verbose level of spans to record. Default: all. Events and children of a span that
    /// is not recorded belong to the nearest recorded span around it.
    ///
    /// To filter events as well, use a filter of `tracing_subscriber`. It costs less than this setting
    /// if it applies to every layer of the subscriber.
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

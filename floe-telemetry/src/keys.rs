//! Attribute keys, once. Everything that writes or reads a key takes it from here.

/// The namespace a product belongs to.
pub const FLOE_NAMESPACE: &str = "floe.namespace";
/// The name of the data product.
pub const FLOE_PRODUCT_NAME: &str = "floe.product.name";
/// The version of the data product.
pub const FLOE_PRODUCT_VERSION: &str = "floe.product.version";
/// The mode the platform runs in: `dev`, `staging` or `prod`.
pub const FLOE_MODE: &str = "floe.mode";

/// The four keys of the floe identity.
pub const IDENTITY: [&str; 4] = [
    FLOE_NAMESPACE,
    FLOE_PRODUCT_NAME,
    FLOE_PRODUCT_VERSION,
    FLOE_MODE,
];

/// The future was dropped before it was ready.
pub const FLOE_CANCELLED: &str = "floe.cancelled";
/// Something about the telemetry of this span went wrong; the function itself was not affected.
pub const FLOE_WARNING: &str = "floe.warning";
/// Why a trace that the ratio left out was kept: `error` or `slow`. On its root.
pub const FLOE_SAMPLING_REASON: &str = "floe.sampling.reason";

/// The function, with its module
/// ([code attributes](https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/)).
pub const CODE_FUNCTION_NAME: &str = "code.function.name";
/// The source file.
pub const CODE_FILE_PATH: &str = "code.file.path";
/// The line in the source file.
pub const CODE_LINE_NUMBER: &str = "code.line.number";
/// Where a span or an event of `tracing` comes from: the module, unless its author says otherwise.
pub const TARGET: &str = "target";
/// How important an event of `tracing` is: `TRACE`, `DEBUG`, `INFO`, `WARN` or `ERROR`.
pub const LEVEL: &str = "level";

/// The method of an HTTP request, or `_OTHER`
/// ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/)).
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// The method that is not one of HTTP's.
pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
/// The status code of an HTTP response.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// The route that a request matched, with its parameters as names.
pub const HTTP_ROUTE: &str = "http.route";
/// The version of the protocol.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// The host that a request is for.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port that a request is for.
pub const SERVER_PORT: &str = "server.port";
/// The whole URL of a request.
pub const URL_FULL: &str = "url.full";
/// The path of a URL.
pub const URL_PATH: &str = "url.path";
/// The query of a URL.
pub const URL_QUERY: &str = "url.query";
/// The scheme of a URL.
pub const URL_SCHEME: &str = "url.scheme";
/// What the client says it is.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
pub(crate) const ERROR_TYPE: &str = "error.type";
#[cfg(feature = "provider")]
pub(crate) const ERROR_MESSAGE: &str = "error.message";
pub(crate) const EXCEPTION: &str = "exception";
pub(crate) const EXCEPTION_TYPE: &str = "exception.type";
/// What that is for a panic, which has none.
pub(crate) const PANIC: &str = "panic";
pub(crate) const EXCEPTION_MESSAGE: &str = "exception.message";
pub(crate) const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";

/// The name of the spans that a metric is made of, as the collector's span metrics connector calls it.
#[cfg(feature = "provider")]
pub(crate) const SPAN_NAME: &str = "span.name";
/// Their kind.
#[cfg(feature = "provider")]
pub(crate) const SPAN_KIND: &str = "span.kind";
/// How they ended.
#[cfg(feature = "provider")]
pub(crate) const STATUS_CODE: &str = "status.code";
/// What they are part of: the module of the function, or the scope of the tracer.
#[cfg(feature = "provider")]
pub(crate) const COMPONENT: &str = "component";
/// What had no room among the attribute sets of a metric
/// ([cardinality limits](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits)).
#[cfg(feature = "provider")]
pub(crate) const METRIC_OVERFLOW: &str = "otel.metric.overflow";
/// Which of several exporters
/// ([component attributes](https://opentelemetry.io/docs/specs/semconv/registry/attributes/otel/)).
#[cfg(feature = "provider")]
pub(crate) const OTEL_COMPONENT_NAME: &str = "otel.component.name";
/// The rule by which something was taken out.
#[cfg(feature = "provider")]
pub(crate) const FLOE_REDACTION_RULE: &str = "floe.redaction.rule";

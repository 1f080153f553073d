//! The attribute keys that the library writes and reads.

/// The namespace that a data product belongs to.
pub const FLOE_NAMESPACE: &str = "floe.namespace";
/// The name of the data product.
pub const FLOE_PRODUCT_NAME: &str = "floe.product.name";
/// The version of the data product.
pub const FLOE_PRODUCT_VERSION: &str = "floe.product.version";
/// The mode that the platform runs in: `dev`, `staging` or `prod`.
pub const FLOE_MODE: &str = "floe.mode";

/// The four keys of the floe identity.
pub const IDENTITY: [&str; 4] =
    [FLOE_NAMESPACE, FLOE_PRODUCT_NAME, FLOE_PRODUCT_VERSION, FLOE_MODE];

/// Whether the future or stream was dropped before its end.
pub const FLOE_CANCELLED: &str = "floe.cancelled";
/// The number of items that a stream has yielded.
pub const FLOE_ITEMS: &str = "floe.items";
/// A problem with the telemetry of this span or log record, which did not affect the program.
pub const FLOE_WARNING: &str = "floe.warning";
/// The reason why tail sampling exports a trace that the head did not sample, on its root span: `error` or `slow`.
pub const FLOE_SAMPLING_REASON: &str = "floe.sampling.reason";

/// The fully qualified name of the function
/// ([code attributes](https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/)).
pub const CODE_FUNCTION_NAME: &str = "code.function.name";
/// The source file.
pub const CODE_FILE_PATH: &str = "code.file.path";
/// The line in the source file.
pub const CODE_LINE_NUMBER: &str = "code.line.number";
/// The path of the module of a `tracing` span or event.
pub const CODE_MODULE_NAME: &str = "code.module.name";
/// The target of a `tracing` span or event, by default the path of the module.
pub const TARGET: &str = "target";
/// The level of a `tracing` event: `TRACE`, `DEBUG`, `INFO`, `WARN` or `ERROR`.
pub const LEVEL: &str = "level";

/// The class of an error.
pub const ERROR_TYPE: &str = "error.type";
/// The text of an error.
pub const ERROR_MESSAGE: &str = "error.message";
/// The name of the event of an exception.
pub const EXCEPTION: &str = "exception";
pub const EXCEPTION_TYPE: &str = "exception.type";
/// The `exception.type` and `error.type` of a panic.
pub const PANIC: &str = "panic";
/// The `error.type` of an error without a type.
pub const OTHER: &str = "_OTHER";
/// The text of an exception.
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// The texts of the exception and of its sources.
pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";

/// The name of the spans that a metric is derived from (the same key as in the Collector's span metrics connector), or
/// the name of the current span in a log record.
pub const SPAN_NAME: &str = "span.name";
/// The kind of the spans that a metric is derived from.
pub const SPAN_KIND: &str = "span.kind";
/// The status of the spans that a metric is derived from.
pub const STATUS_CODE: &str = "status.code";
/// The module of the function that a metric is derived from.
pub const COMPONENT: &str = "component";
/// Marks the overflow series of a metric, which has the measurements beyond the cardinality limit
/// ([cardinality limits](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits)).
pub const METRIC_OVERFLOW: &str = "otel.metric.overflow";
/// The name of an exporter or another component of the SDK ([component
/// attributes](https://opentelemetry.io/docs/specs/semconv/registry/attributes/otel/)).
pub const OTEL_COMPONENT_NAME: &str = "otel.component.name";
/// The type of the component.
pub const OTEL_COMPONENT_TYPE: &str = "otel.component.type";
/// The address and the port of an exporter's receiver.
pub const SERVER_ADDRESS: &str = "server.address";
pub const SERVER_PORT: &str = "server.port";
/// The number of dropped attributes, where a format has no field for it
/// ([mapping to non-OTLP formats](https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/#dropped-attributes-count)).
pub const OTEL_DROPPED_ATTRIBUTES_COUNT: &str = "otel.dropped_attributes_count";

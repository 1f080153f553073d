//! The manual: the configuration and operation of a program, common tasks, context in messages, and backends.
//!
//! Each page is a file in the folder `docs` of the package.

// The pages refer to other files by reference links. Their definitions are repeated here with other targets: of two
// definitions, Markdown takes the first.

/// Every environment variable, the configuration file, and the meaning of the settings.
///
/// [accepts]: tasks#change-one-thing-and-keep-the-rest-of-init
/// [`floe-redact`]: https://docs.rs/floe-redact
/// [`floe-telemetry-tokio`]: https://docs.rs/floe-telemetry-tokio
/// [lost]: operations#what-is-lost-and-where-it-is-counted
/// [`SamplingRule`]: crate::config::SamplingRule
/// [Sizes]: operations#sizes
/// [`TelemetryConfig`]: crate::TelemetryConfig
#[doc = concat!("[half as large]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/benches/figures.md#sizes")]
#[doc = concat!("[A panic]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/docs/glance.md#what-happens-to-a-call")]
#[doc = concat!("[costs time]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/benches/README.md#what-a-context-costs")]
#[doc = concat!("[the effect of each path]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/tests/declarative/table.md")]
///
#[doc = include_str!("../docs/configuration.md")]
pub mod configuration {}

/// The delivery at the end of a process, the meaning of the library's messages, and sizes and limits.
///
/// [backend]: backends
/// [collector]: backends
/// [Configuration]: configuration
/// [In one call]: configuration#in-one-call
/// [`LambdaLayer`]: https://docs.rs/floe-telemetry-aws
/// [metrics]: configuration#metrics
/// [Sampling]: configuration#tail-sampling
#[doc = concat!("[load of 30 minutes]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/docs/faults.md#over-time")]
#[doc = concat!("[Metrics of a run]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/deploy/README.md#prometheus")]
///
#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

/// Short answers to "I want to …".
///
/// [attributes of the current span]: configuration#attributes-of-the-current-span
/// [Configuration]: configuration
/// [configuration file]: configuration#the-configuration-file
/// [levels]: configuration#redaction
/// [`floe-telemetry-metrics-facade`]: https://docs.rs/floe-telemetry-metrics-facade
/// [`metrics`]: https://docs.rs/metrics
/// [runs for each finished span]: configuration#samplers-and-processors-of-the-program
/// [settings]: configuration#sampling
/// [a table]: configuration#in-one-call
///
#[doc = include_str!("../docs/tasks.md")]
pub mod tasks {}

/// The context of a trace in the headers of Kafka, AMQP and NATS.
///
/// [`floe-telemetry-messaging`]: https://docs.rs/floe-telemetry-messaging
///
#[doc = include_str!("../docs/messages.md")]
pub mod messages {}

/// The settings for Jaeger, Grafana, Phoenix, Honeycomb and Datadog, and programs that show files of traces.
///
#[doc = concat!("[an example]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/examples/stock-exporters.rs")]
#[doc = concat!("[collectors]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/deploy/README.md")]
/// [configuration file]: configuration#the-configuration-file
/// [`floe-trace`]: https://docs.rs/floe-trace
/// [`otlp_file`]: configuration#otlp-in-json
///
#[doc = include_str!("../docs/backends.md")]
pub mod backends {}

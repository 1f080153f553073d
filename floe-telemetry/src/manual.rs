//! The manual: the configuration and operation of a program, common tasks, context in messages, and backends.
//!
//! Each page is a file in the folder `docs` of the package.

// The pages refer to other files by reference links. Their definitions are repeated here with other targets: of two
// definitions, Markdown takes the first.

/// Every environment variable, the configuration file, and the meaning of the settings.
///
/// [A panic]: glance#what-happens-to-a-call
/// [accepts]: tasks#change-one-thing-and-keep-the-rest-of-init
/// [`floe-redact`]: https://docs.rs/floe-redact
/// [`floe-telemetry-tokio`]: https://docs.rs/floe-telemetry-tokio
/// [lost]: operations#what-is-lost-and-where-it-is-counted
/// [`SamplingRule`]: crate::config::SamplingRule
/// [Sizes]: operations#sizes
/// [`TelemetryConfig`]: crate::TelemetryConfig
#[doc = concat!("[half as large]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/benches/figures.md#sizes")]
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

/// The code for each kind of telemetry, and the span of each kind of call.
///
/// [`-diesel`]: https://docs.rs/floe-telemetry-diesel
/// [`-sql`]: https://docs.rs/floe-telemetry-sql
/// [a log record]: configuration#exceptions
/// [a ratio and rules]: configuration#sampling
/// [all ways]: tasks#stay-in-a-trace-across-a-thread-a-pool-a-queue-a-process
/// [`floe-telemetry-detectors`]: https://docs.rs/floe-telemetry-detectors
/// [`floe-telemetry-http`]: https://docs.rs/floe-telemetry-http
/// [`floe-telemetry-messaging`]: https://docs.rs/floe-telemetry-messaging
/// [`floe-telemetry-metrics-facade`]: https://docs.rs/floe-telemetry-metrics-facade
/// [`floe-telemetry-nosql`]: https://docs.rs/floe-telemetry-nosql
/// [`floe-telemetry-otlp-file`]: https://docs.rs/floe-telemetry-otlp-file
/// [`floe-telemetry-prometheus`]: https://docs.rs/floe-telemetry-prometheus
/// [`floe-telemetry-sqlx`]: https://docs.rs/floe-telemetry-sqlx
/// [`floe-telemetry-tokio`]: https://docs.rs/floe-telemetry-tokio
/// [`floe-trace`]: https://docs.rs/floe-trace
/// [messages]: messages
/// [standard error]: configuration#panics
/// [`telemetry.shutdown_on_signals()?`]: operations#signals
/// [the shape of a trace]: tasks#keep-the-shape-of-a-trace
/// [`with_sampler`, `with_span_processor`]: configuration#samplers-and-processors-of-the-program
#[doc = concat!("[page]: ", env!("CARGO_PKG_REPOSITORY"), "/raw/HEAD/docs/pictures/page.png")]
///
#[doc = include_str!("../docs/glance.md")]
pub mod glance {}

/// A web service with axum.
///
/// [at a glance]: glance
/// [At the end of the process]: operations#the-end-of-a-process
/// [In a container]: troubleshooting#my-container-is-silent
/// [`init`]: configuration#in-one-call
/// [Spans for outgoing calls]: tasks#see-where-requests-to-other-services-go
/// [tasks]: tasks
/// [what to set in production]: operations#what-to-set-in-production
#[doc = concat!("[other examples]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/examples/README.md")]
#[doc = concat!("[the file]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/examples/service.rs")]
///
#[doc = include_str!("../docs/service.md")]
pub mod service {}

/// Five small programs: a command, a worker, a library with its tests, a service with `tracing`, an exporter.
///
/// [a library]: glance#in-a-library
/// [All ways]: tasks#stay-in-a-trace-across-a-thread-a-pool-a-queue-a-process
///
#[doc = include_str!("../docs/first-hour.md")]
pub mod first_hour {}

/// From `tracing`, tracing-opentelemetry, OpenTelemetry's SDK, fastrace and logfire.
///
/// [Exceptions]: configuration#exceptions
/// [`floe-telemetry-http`]: https://docs.rs/floe-telemetry-http
/// [`metrics`]: https://docs.rs/floe-telemetry-metrics-facade
/// [of `opentelemetry-otlp`]: backends#the-exporters-of-opentelemetry-otlp
#[doc = concat!("[a `Context`]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/benches/README.md#what-a-context-costs")]
#[doc = concat!("[Comparison]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/docs/comparison.md")]
#[doc = concat!("[Remove the subscriber, call `init`]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/README.md#existing-tracing-code")]
#[doc = concat!("[replace the layer and start a provider]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/README.md#existing-tracing-code")]
///
#[doc = include_str!("../docs/migrating.md")]
pub mod migrating {}

/// The symptom, its causes and what to do.
///
/// [allow its key]: tasks#hide-what-only-my-program-considers-secret
/// [first hour]: first_hour
/// [floe-redact]: https://docs.rs/floe-redact
/// [`floe-telemetry-http`]: https://docs.rs/floe-telemetry-http
/// [loses telemetry]: operations#the-end-of-a-process
/// [losses]: operations#what-is-lost-and-where-it-is-counted
/// [Operations]: operations#messages
/// [The provider must be set early]: glance#in-a-library
/// [two versions]: migrating#a-library-that-uses-another-version-of-opentelemetry
/// [warning]: operations#messages
/// [ways of their own]: tasks#stay-in-a-trace-across-a-thread-a-pool-a-queue-a-process
#[doc = concat!("[remove the subscriber]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/README.md#existing-tracing-code")]
///
#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

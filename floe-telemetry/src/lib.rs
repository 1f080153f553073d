//! One attribute makes any function observable.
//!
//! `#[traced]` turns each call of a function, synchronous or not, into an OpenTelemetry span that nests with every
//! other OpenTelemetry span of the process, carries typed attributes, and ends OK or ERROR. Its texts are redacted
//! before they are exported; the redaction recognizes many credentials, but not all.
//!
//! ```standalone_crate
//! use std::time::Duration;
//! use floe_telemetry::{TelemetryConfig, TelemetryProvider, exporter::MemoryExporter, traced};
//!
//! #[traced(name = "orders.load", attributes(table, rows = lines.len()))]
//! fn load(table: &str, lines: &[&str]) -> Result<(), String> {
//!     Err(format!("cannot reach postgresql://floe:hunter2@db.internal/{table}"))
//! }
//!
//! let memory = MemoryExporter::new();
//! let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
//!     .with_span_exporter(memory.clone())
//!     .initialize()?;
//! let _ = load("orders", &["a", "b"]);
//! telemetry.shutdown(Duration::from_secs(5))?;
//!
//! let span = &memory.spans()[0];
//! assert_eq!(span.name, "orders.load");
//! assert_eq!(
//!     span.status,
//!     opentelemetry::trace::Status::error("cannot reach postgresql://<REDACTED>@db.internal/orders"),
//! );
//! # Ok::<(), floe_telemetry::Error>(())
//! ```
//!
//! # In libraries
//!
//! A library that only annotates functions sets `default-features = false`. Then only the core of this crate,
//! OpenTelemetry's API and the macro are compiled. A provider of this crate redacts the spans.
//!
//! Without a provider of this crate, spans go to OpenTelemetry's global tracer provider, if the program has set one.
//! The sampler of that provider decides, and texts are redacted if the feature `redact` is enabled. Without the feature,
//! attributes are exported as they are; of an error, only `error.type` is recorded, and the status names the feature.
//! Each thread looks for a provider at its first call, and then at intervals that grow up to 1024 calls, until it finds
//! one. After some 17,400 calls, plain functions no longer look, but futures and other ways to open a span do. So set the
//! provider early. Without one, an annotated function costs two loads, one of them thread-local, and a function with a
//! `parent` passes on the parent's trace.
//!
//! Each release of OpenTelemetry (0.34 after 0.33) changes its types, and the next release of this crate is a breaking
//! one, because `Context`, `SpanContext`, `KeyValue`, `Key` and `SpanKind` are in its signatures. They stay there,
//! because spans nest with other libraries' spans through the `Context`; a type of our own would be converted at every
//! border, and would only hide the version. A library then raises the version of this crate in its manifest and changes
//! no code, because expansions name only `core` and this crate, values of attributes are types of `std` or of
//! [`attributes`], and OpenTelemetry is at [`opentelemetry`](mod@opentelemetry) in the version that fits. The library's
//! own interface changes only where it has one of those types, or a public type with [`FloeAttributes`]. Until it raises
//! the version, a program with the newer version contains this crate twice: nothing fails, but the functions of the
//! library run as without a provider, and `cargo tree --duplicates` shows why. A program raises this crate together with
//! the crates of OpenTelemetry that it names.
//!
//! Such a library also compiles for `wasm32-unknown-unknown`. There a provider of this crate cannot start, because it
//! has threads, and [`callsite::all`] is empty.
//!
//! # In applications
//!
//! Call [`init`] first in `main`: it starts everything that the features below include, configured by the
//! environment, and the provider exports the rest when it is dropped. [`builder`] and [`init_with`] start the same with a
//! configuration, exporters, samplers, processors and layers of the program. [`TelemetryProvider::builder`] starts only
//! a provider, which the program shuts down before it ends.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `redact` | [`sanitize_error_message`], [`sanitize`], [`sanitize_url`], [`printable`], and propagators whose baggage is redacted; implied by `provider` |
//! | `provider` (default) | [`TelemetryConfig`], [`TelemetryProvider`], the collector |
//! | `console` (default) | traces and metrics in the terminal, [`exporter::ConsoleExporter`] |
//! | `metrics` (default) | exporters of metrics: of the program ([`MetricRecorder`], OpenTelemetry's API), of spans and of the library itself |
//! | `yaml` (default) | `TelemetryConfig::from_yaml`, `FLOE_CONFIG_FILE`, `OTEL_CONFIG_FILE` |
//! | `patterns` (default) | regular expressions of the program for redaction (`redaction.patterns`) |
//! | `otlp-grpc` | export over OTLP/gRPC; an `Err` that is a `tonic::Status` is an error by its code and side |
//! | `otlp-http` | export over OTLP/HTTP |
//! | `otlp-tls` | `https` endpoints, custom certificate authorities, client certificates |
//! | `logs` | [`logs`]: log records with trace and span ids, as JSON or text lines and over OTLP |
//! | `http` | `http::HeaderMap` and `http::Request` as carriers of context; an `Err` with a status 4xx is an error of clients only |
//! | `tracing` | [`tracing_layer`]: the spans and events of `tracing`; [`with_current_span`](tracing::with_current_span), [`OpenTelemetrySpanExt`](tracing::OpenTelemetrySpanExt) |
//! | `testing` | [`testing::capture`] and assertions |
//!
//! Other crates register exporters with [`telemetry_exporter!`](exporter::telemetry_exporter) and detectors with
//! [`resource_detector!`](detection::resource_detector), and a configuration chooses them by their names.
//! `floe-telemetry-prometheus`, `floe-telemetry-otlp-file` and `floe-telemetry-detectors` do.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "provider")]
pub mod exporter;
pub mod metrics;
pub mod prelude;
pub mod propagation;

pub use floe_telemetry_core::{
    __private, ActiveSpan, ErrorType, FloeAttributes, FutureExt, MetricRecorder, SpanKind,
    StreamExt, Tracer, add_event, attributes, callsite, create_span, create_span_with,
    get_current_span, get_tracer, in_current_span, record_exception, set_attribute, span, traced,
    tracer,
};

/// The types that functions of this crate return or take, so that signatures can name them.
pub mod trace {
    #[doc(hidden)]
    pub use floe_telemetry_core::{
        AttributesOnlyBorrow, CoveredBySpan, EndsWithTheCall, Followed, Follows, FutureWithAName,
        PossiblyUnbounded, StartBelow, Unbounded,
    };
    pub use floe_telemetry_core::{
        CurrentSpan, DetachedSpan, InSpan, Opening, RecordedSpan, RecorderTracer,
        RecorderTracerProvider, SpanBuilder, StreamInSpan, ToLinks, ToName,
    };
    #[cfg(feature = "provider")]
    pub use floe_telemetry_sdk::{Statistics, TelemetryProviderBuilder};
}

/// The identity of a data product of the floe platform, for its spans and its baggage. Other programs do not need it.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::floe::{FloeSpanAttributes, Mode};
///
/// let identity = FloeSpanAttributes::new("sales", "orders", "1.2.0", Mode::Prod);
/// let config = TelemetryConfig::new("orders").with_identity(&identity);
/// assert_eq!(config.resource_attributes.floe_mode, Some(Mode::Prod));
/// ```
pub mod floe {
    #[doc(no_inline)]
    pub use floe_telemetry_core::propagation::set_floe_baggage;
    pub use floe_telemetry_core::{FloeSpanAttributes, Mode};
}

// A contract of the platform expects the identity here, too.
#[doc(hidden)]
pub use floe_telemetry_core::{
    __floe_link_list, __floe_linked, __floe_location, FloeSpanAttributes, Mode,
};

#[cfg(feature = "redact")]
pub use floe_telemetry_core::{
    REDACTED, printable, sanitize, sanitize_credentials, sanitize_error_message, sanitize_url,
};

#[cfg(feature = "provider")]
pub use floe_telemetry_sdk::{
    EndingSpan, Error, SpanProcessor, TelemetryConfig, TelemetryProvider, builder, config,
    detection, init, init_or_noop, init_with,
};

// These crates register themselves, but a crate that nothing names is not linked.
#[cfg(feature = "metrics")]
use floe_telemetry_metrics as _;
#[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
use floe_telemetry_otlp as _;

#[cfg(feature = "logs")]
#[doc(inline)]
pub use floe_telemetry_logs as logs;

#[cfg(feature = "testing")]
#[doc(inline)]
pub use floe_telemetry_testing as testing;

#[cfg(feature = "tracing")]
#[doc(inline)]
pub use floe_telemetry_tracing::{self as tracing, tracing_layer};

/// Keys of attributes that the library writes or reads.
pub mod keys {
    pub use floe_telemetry_core::keys::{
        CODE_FILE_PATH, CODE_FUNCTION_NAME, CODE_LINE_NUMBER, CODE_MODULE_NAME, FLOE_CANCELLED,
        FLOE_MODE, FLOE_NAMESPACE, FLOE_PRODUCT_NAME, FLOE_PRODUCT_VERSION, FLOE_SAMPLING_REASON,
        FLOE_WARNING, IDENTITY, LEVEL, TARGET,
    };
}

/// OpenTelemetry's API, in the version that this crate uses.
// Hidden only from the compiler, which would otherwise write `std::string::String` in the messages of every crate that
// uses this one, because `Value::String` has the same name.
#[cfg_attr(not(doc), doc(hidden))]
pub mod opentelemetry {
    #[doc(no_inline)]
    pub use ::opentelemetry::*;
}

#[cfg(all(doc, not(doctest)))] // `floe-test-services` tests the examples, which use other crates, too
#[path = "manual.rs"]
pub mod _manual;

/// The parsers of untrusted input, for `fuzz/targets.rs`.
#[cfg(all(feature = "otlp-grpc", feature = "otlp-http", feature = "otlp-tls", feature = "yaml"))]
#[doc(hidden)]
pub mod __fuzzing {
    pub use floe_telemetry_otlp::__fuzzing::*;
    pub use floe_telemetry_sdk::__fuzzing::*;
}

/// Compiles and runs the example of the README.
#[cfg(all(doctest, feature = "provider"))]
#[doc = include_str!("../README.md")]
struct Readme;

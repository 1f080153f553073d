//! The configuration of a provider.

use std::collections::BTreeMap;

use floe_telemetry_core::FloeSpanAttributes;
use serde::{Deserialize, Serialize};

use super::auth::TelemetryAuth;
use super::batch::{BatchLogRecordProcessorConfig, BatchSpanProcessorConfig};
use super::context_mode::ContextMode;
use super::detection::ResourceDetector;
use super::endpoint;
use super::exceptions::ExceptionSignal;
use super::exporters::{ExporterKind, ExportersConfig};
use super::limits::SpanLimits;
use super::logging::LoggingConfig;
use super::metrics::MetricsConfig;
use super::mistake::{Mistake, at, at_most};
use super::otlp::{OtlpConfig, OtlpProtocol, Signal, signal_url};
use super::panics::PanicOutput;
use super::propagator::Propagator;
use super::redaction::RedactionConfig;
use super::refusals::Decisive;
use super::resource::{ResourceAttributes, check_key};
use super::sampling::SamplingConfig;
use super::secret;
use super::section::is_default;
use super::source::{Source, Sources};
use crate::error::Error;
use crate::keys;
use crate::suggest;

/// The default backend.
pub const DEFAULT_BACKEND: &str = "console";

const BACKENDS: [&str; 2] = [DEFAULT_BACKEND, "otlp"];

const MAX_SPAN_ATTRIBUTES: usize = 64;

const MIN_MEMORY_BYTES: usize = 1024 * 1024;

const DEFAULT_MEMORY_BYTES: usize = 64 * MIN_MEMORY_BYTES;

/// The maximum number of entries of `baggage_attributes`, equal to the limit of members in baggage.
const MAX_BAGGAGE_ATTRIBUTES: usize = 64;

/// The configuration of a [`TelemetryProvider`](crate::TelemetryProvider).
///
/// Only the name of the service is required. The other settings have the defaults of OpenTelemetry's
/// specification, with these exceptions:
///
/// - OTLP uses gRPC to port 4317 without a path, and in a program that is built for gRPC only.
/// - Unless an exporter, an endpoint or another backend is configured, traces are printed and nothing else is exported.
/// - The span of a successful call has the status OK ([`status_on_success`](Self::status_on_success)).
/// - All text is [redacted](Self::redaction).
/// - All text is bounded: values of spans to 65,536 characters ([`limits`](Self::limits)), names and keys to 1,024, the
///   description of a status to 500, messages and chains of errors to 16 KiB, and each text of a log record to 8 KiB.
/// - Data waiting for export has at most 64 MiB ([`max_memory_bytes`](Self::max_memory_bytes)).
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes:
///   service_name: orders
///   service_version: 3f2a91c
///   deployment_environment: production
/// otlp_endpoint: http://collector:4317
/// ")?;
/// assert_eq!(config.batch_processor.max_queue_size, 2048);
/// assert_eq!(config.sampling_ratio(), 1.0);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default = "without_service")]
#[non_exhaustive]
pub struct TelemetryConfig {
    /// Whether telemetry is recorded and exported. Default `true`.
    pub enabled: bool,
    /// The endpoint of OTLP. With it, the backend `console` uses OTLP, too. Default none: the endpoint of the backend
    /// if it has one, otherwise `http://localhost:4317` over gRPC and `http://localhost:4318` over HTTP.
    ///
    /// The query of an endpoint may be a credential. So a written configuration has a mask in its place, and a mask is
    /// refused when a configuration is read. Use `authentication` or headers with references instead.
    #[serde(
        deserialize_with = "endpoint::deserialize_option",
        serialize_with = "endpoint::serialize_option"
    )]
    pub otlp_endpoint: Option<String>,
    /// The protocol of OTLP: `grpc` or `http`. Default none: gRPC to port 4317 without a path, and otherwise HTTP. A
    /// program that is built for gRPC only uses it, except to a path and to port 4318.
    pub otlp_protocol: Option<OtlpProtocol>,
    /// The sampling of traces. Default: all traces are recorded.
    pub sampling: SamplingConfig,
    /// Which spans have their own OpenTelemetry `Context`: `every_span` (default), or `boundaries`, which reduces the
    /// cost of nested spans.
    #[serde(skip_serializing_if = "is_default")]
    pub context: ContextMode,
    /// The attributes of the service, on all its telemetry.
    pub resource_attributes: ResourceAttributes,
    /// The detectors of further attributes of the resource, which run when the provider is initialized. Attributes of
    /// the configuration take precedence. If two detectors have the same attribute, the first one wins. Default none.
    #[serde(skip_serializing_if = "is_default")]
    pub detectors: Vec<ResourceDetector>,
    /// Attributes of every span of the process. An attribute that the span sets itself takes precedence.
    /// They are added on the collector's thread, so they cost the traced code nothing. At most 64, with
    /// keys of 1 to 255 bytes. Default none.
    #[serde(
        skip_serializing_if = "BTreeMap::is_empty",
        serialize_with = "secret::serialize_attributes"
    )]
    pub span_attributes: BTreeMap<String, String>,
    /// Baggage keys whose values become attributes of every span and log record in a context with that baggage. At most
    /// 64. Default none, because baggage comes from other processes: a caller can set any value for a listed key.
    /// Attributes that a span sets itself take precedence over baggage, and baggage takes precedence over
    /// `span_attributes`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub baggage_attributes: Vec<String>,
    /// Whether spans have the attributes of their source location: `code.function.name`, `code.module.name`,
    /// `code.file.path` and `code.line.number` ([conventions](https://opentelemetry.io/docs/specs/semconv/code/)). They
    /// are about half of a span's bytes. Default `true`.
    #[serde(skip_serializing_if = "is_on")]
    pub code_attributes: bool,
    /// The credential of OTLP requests. Default none.
    pub authentication: Option<TelemetryAuth>,
    /// The maximum memory of finished spans and log records that are not exported yet, in bytes. One half is for the
    /// buffers of the threads. The other half is divided between tail sampling and the exporters of spans and log
    /// records. Spans that do not fit into the buffers are dropped and counted
    /// ([`Statistics::dropped_memory`](crate::Statistics::dropped_memory)). At least 1 MiB. Default 64 MiB.
    #[serde(skip_serializing_if = "is_default_memory")]
    pub max_memory_bytes: usize,
    /// The queue and batch sizes of spans.
    pub batch_processor: BatchSpanProcessorConfig,
    /// The queue and batch sizes of log records.
    #[serde(skip_serializing_if = "is_default")]
    pub log_batch_processor: BatchLogRecordProcessorConfig,
    /// The levels and the format of log records.
    pub logging: LoggingConfig,
    /// The redaction of all telemetry.
    pub redaction: RedactionConfig,
    /// Where telemetry goes if the signals name no exporters: `console` (default) prints spans unless there is an
    /// endpoint, `otlp` exports over OTLP without one, too. Other names are backends of the floe platform, which replaces
    /// them. The name is checked when the provider is initialized.
    pub backend: String,
    /// The OTLP settings: headers, compression, certificates, and the settings of single signals.
    #[serde(skip_serializing_if = "is_default")]
    pub otlp: OtlpConfig,
    /// The exporters of each signal.
    #[serde(skip_serializing_if = "is_default")]
    pub exporters: ExportersConfig,
    /// The aggregation and the export of metrics.
    #[serde(skip_serializing_if = "is_default")]
    pub metrics: MetricsConfig,
    /// The limits of spans.
    #[serde(skip_serializing_if = "is_default")]
    pub limits: SpanLimits,
    /// Whether the span of a successful call has the status OK, unless its body sets a status. Default `true`; `false`
    /// leaves the status unset.
    ///
    /// OpenTelemetry reserves OK for code that knows that an operation has succeeded; other instrumentation should
    /// leave the status unset. `#[traced]` knows this, because the author has annotated the function, and its return
    /// type says whether a call has failed. So OK distinguishes a returned call from an unjudged span, such as a
    /// cancelled one. Backends count errors, so neither value changes their rates. The integrations know an operation
    /// only from outside, and leave the status unset as their conventions require. Set this to `false` if a processor
    /// or backend decides later about success, because OK is final.
    #[serde(skip_serializing_if = "is_on")]
    pub status_on_success: bool,
    /// The writer of a panic's message to standard error after [`init`](crate::init): the panic `hook` (default), or, with
    /// `redacted`, this crate.
    #[serde(skip_serializing_if = "is_default")]
    pub panic_output: PanicOutput,
    /// The signal that reports exceptions: events of spans (`span_events`, default), log records (`logs`), or both
    /// (`logs/dup`).
    #[serde(skip_serializing_if = "is_default")]
    pub exceptions: ExceptionSignal,
    /// The formats of context propagation. Default `tracecontext` and `baggage`. An empty list disables
    /// propagation.
    #[serde(skip_serializing_if = "are_default_propagators")]
    pub propagators: Vec<Propagator>,
    /// The places where the settings were set, and the variables that cannot be obeyed.
    #[serde(skip)]
    pub(crate) sources: Sources,
}

/// Returns the defaults for a document, which must name its service.
fn without_service() -> TelemetryConfig {
    TelemetryConfig::new(String::new())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_on(setting: &bool) -> bool {
    *setting
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_default_memory(bytes: &usize) -> bool {
    *bytes == DEFAULT_MEMORY_BYTES
}

fn are_default_propagators(propagators: &[Propagator]) -> bool {
    propagators == Propagator::DEFAULT
}

impl TelemetryConfig {
    /// Returns a copy. The code of the derived `clone` has 7 KiB, and would be compiled into each unit that calls it.
    pub(crate) fn copied(&self) -> Self {
        self.clone()
    }

    /// Creates the default configuration for a service with this name.
    ///
    /// The name is checked when the provider is initialized.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            enabled: true,
            otlp_endpoint: None,
            otlp_protocol: None,
            sampling: SamplingConfig::default(),
            context: ContextMode::default(),
            resource_attributes: ResourceAttributes::new(service_name),
            detectors: Vec::new(),
            span_attributes: BTreeMap::new(),
            baggage_attributes: Vec::new(),
            code_attributes: true,
            authentication: None,
            max_memory_bytes: DEFAULT_MEMORY_BYTES,
            batch_processor: BatchSpanProcessorConfig::default(),
            log_batch_processor: BatchLogRecordProcessorConfig::default(),
            logging: LoggingConfig::default(),
            redaction: RedactionConfig::default(),
            backend: DEFAULT_BACKEND.to_owned(),
            otlp: OtlpConfig::default(),
            exporters: ExportersConfig::default(),
            metrics: MetricsConfig::default(),
            limits: SpanLimits::default(),
            status_on_success: true,
            panic_output: PanicOutput::default(),
            exceptions: ExceptionSignal::default(),
            propagators: Propagator::DEFAULT.to_vec(),
            sources: Sources::default(),
        }
    }

    /// Makes the process part of a floe product: sets the four `floe_…` fields of
    /// [`resource_attributes`](Self::resource_attributes), and lists their keys in
    /// [`baggage_attributes`](Self::baggage_attributes), so that
    /// [`set_floe_baggage`](floe_telemetry_core::propagation::set_floe_baggage) replaces the identity for a context.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    /// use floe_telemetry::floe::{FloeSpanAttributes, Mode};
    ///
    /// let identity = FloeSpanAttributes::new("sales", "customer-360", "1.2.0", Mode::Prod);
    /// let config = TelemetryConfig::new("customer-360").with_identity(&identity);
    /// assert_eq!(config.resource_attributes.floe_mode, Some(Mode::Prod));
    /// assert_eq!(config.baggage_attributes.len(), 4);
    /// ```
    #[must_use]
    pub fn with_identity(mut self, identity: &FloeSpanAttributes) -> Self {
        self.resource_attributes = self.resource_attributes.with_identity(identity);
        for key in keys::IDENTITY {
            if self.baggage_attributes.iter().all(|listed| listed != key) {
                self.baggage_attributes.push(key.to_owned());
            }
        }
        self
    }

    /// Returns the share of the traces that are recorded in the environment of this configuration.
    pub fn sampling_ratio(&self) -> f64 {
        let environment = self.resource_attributes.deployment_environment.as_deref();
        self.sampling.get_ratio(environment.unwrap_or_default())
    }

    /// Returns a warning about ratios that do not apply in the environment of this configuration.
    pub(crate) fn unused_ratios(&self) -> Option<String> {
        let environment = self.resource_attributes.deployment_environment.as_deref();
        self.sampling.unused_ratios(environment)
    }

    /// Returns whether a setting selects a backend, an exporter or an endpoint for spans.
    pub(crate) fn has_span_destination(&self) -> bool {
        self.has_destination(Signal::Traces)
    }

    /// Returns whether a setting selects a backend, an exporter or an endpoint for a signal.
    fn has_destination(&self, signal: Signal) -> bool {
        self.uses_otlp()
            || self.selects(signal)
            || self.refusal(signal, &[Decisive::Endpoint]).is_some()
    }

    /// Whether the program wants to be quiet without a destination, and no setting selects one.
    pub(crate) fn is_quiet(&self) -> bool {
        let has_destination = Signal::ALL.into_iter().any(|signal| self.has_destination(signal));
        self.exporters.quiet_without_endpoint && !has_destination
    }

    /// Forgets the variables that cannot be obeyed, in a program that has nothing to leave out.
    pub(crate) fn forget_refusals(&mut self) {
        self.sources.refusals.clear();
    }

    /// Whether signals that name no exporters are sent over OTLP.
    pub(crate) fn uses_otlp(&self) -> bool {
        self.otlp_endpoint.is_some() || self.backend != DEFAULT_BACKEND
    }

    pub(crate) fn check_backend(&self) -> Result<(), Error> {
        let backend = &*self.backend;
        if BACKENDS.contains(&backend) {
            return Ok(());
        }
        Err(Error::config(format!("backend: {}", suggest::expected(&BACKENDS, backend))))
    }

    /// Whether the configuration selects no destination of spans, and not `none` either.
    pub(crate) fn has_no_choice_of_traces(&self) -> bool {
        match &self.exporters.traces {
            Some(chosen) => chosen.is_empty(),
            None => !self.has_span_destination(),
        }
    }

    /// Chooses no exporter of traces if the program wants neither a picture nor a message without a destination.
    pub(crate) fn keep_quiet(&mut self) {
        let exporters = &mut self.exporters;
        if exporters.quiet_without_endpoint && exporters.traces.is_none() {
            let has_destination = self.has_span_destination();
            self.exporters.traces = (!has_destination).then(|| vec![ExporterKind::None]);
        }
    }

    /// Returns the variable with the endpoint of a signal that code sends elsewhere.
    pub(crate) fn unused_endpoint(&self, signal: Signal) -> Option<&'static str> {
        let source = |path: &str| self.sources.of(path).0;
        let endpoint = source(&format!("otlp.{}.endpoint", signal.as_str())).variable();
        let exporters = source(&format!("exporters.{}", signal.as_str()));
        endpoint.filter(|_| exporters == Source::Code)
    }

    /// Returns the protocol and the endpoint with which a signal is sent over OTLP.
    pub fn otlp_route(&self, signal: Signal) -> (OtlpProtocol, &str) {
        let own = self.otlp.signal(signal);
        let endpoint = own.endpoint.as_deref().or(self.otlp_endpoint.as_deref());
        let protocol =
            own.protocol.or(self.otlp_protocol).unwrap_or_else(|| OtlpProtocol::of(endpoint));
        (protocol, endpoint.unwrap_or_else(|| protocol.default_endpoint()))
    }

    /// Returns the URL of a signal's requests over OTLP. Over gRPC it is the endpoint.
    #[doc(hidden)]
    pub fn otlp_url(&self, signal: Signal) -> String {
        let (protocol, endpoint) = self.otlp_route(signal);
        if protocol == OtlpProtocol::Grpc || self.otlp.signal(signal).endpoint.is_some() {
            return endpoint.to_owned();
        }
        signal_url(endpoint, signal)
    }

    /// Returns whether a setting for this signal selects an exporter or an endpoint.
    pub(crate) fn selects(&self, signal: Signal) -> bool {
        match self.exporters.of(signal) {
            Some(chosen) => chosen.iter().any(|kind| *kind != ExporterKind::None),
            None => self.otlp.signal(signal).endpoint.is_some(),
        }
    }

    /// Checks the values, as [`initialize`](crate::TelemetryProviderBuilder::initialize) does first. The name of the
    /// backend is checked only there.
    ///
    /// # Errors
    ///
    /// Fails with the first invalid value: the key, the found and the accepted values.
    pub fn validate(&self) -> Result<(), Error> {
        Ok(self.check()?)
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        at("otlp_endpoint", self.otlp_endpoint.as_deref().map_or(Ok(()), endpoint::check))?;
        let all = &self.otlp.all;
        for (key, is_set) in
            [("endpoint", all.endpoint.is_some()), ("protocol", all.protocol.is_some())]
        {
            if is_set {
                let message = format!("expected `otlp_{key}`, which sets the {key} of all signals");
                return Err(Mistake::new(format!("otlp.all.{key}"), message));
            }
        }
        self.sampling.check()?;
        self.resource_attributes.check()?;
        self.check_attributes()?;
        self.authentication.as_ref().map_or(Ok(()), TelemetryAuth::check)?;
        if self.max_memory_bytes < MIN_MEMORY_BYTES {
            let found = self.max_memory_bytes;
            let message = format!("expected {MIN_MEMORY_BYTES} (1 MiB) or more, found {found}");
            return Err(Mistake::new("max_memory_bytes", message));
        }
        self.batch_processor.check("batch_processor")?;
        self.log_batch_processor.check("log_batch_processor")?;
        self.logging.check()?;
        self.redaction.check()?;
        self.otlp.check()?;
        self.exporters.check()?;
        self.metrics.check()?;
        self.limits.check()
    }

    fn check_attributes(&self) -> Result<(), Mistake> {
        at_most("span_attributes", MAX_SPAN_ATTRIBUTES, self.span_attributes.len())?;
        at_most("baggage_attributes", MAX_BAGGAGE_ATTRIBUTES, self.baggage_attributes.len())?;
        for key in self.span_attributes.keys() {
            at("span_attributes", check_key(key))?;
        }
        for (index, key) in self.baggage_attributes.iter().enumerate() {
            if !is_baggage_key(key) {
                let message = format!(
                    "`{key}` is not a key of baggage, expected 1 to 255 printable ASCII characters \
                     without spaces and without `(),/:;<=>?@[\\]{{}}\"`"
                );
                return Err(Mistake::new(format!("baggage_attributes.{index}"), message));
            }
        }
        Ok(())
    }
}

/// Returns whether this is a [token](https://www.w3.org/TR/baggage/#key) of valid length for an attribute key.
fn is_baggage_key(key: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_graphic() && !b"(),/:;<=>?@[\\]{}\"".contains(&byte);
    (1..=255).contains(&key.len()) && key.bytes().all(is_token)
}

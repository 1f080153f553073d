//! The builder of a telemetry provider, and the factories of other crates that add exporters to it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::LogExporter;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{Instrument, Stream};
use opentelemetry_sdk::trace::{ShouldSample, SpanExporter};

use super::logs::ProviderLogs;
use super::program_sampler;
use super::sampling::sampling;
use super::shares::Shares;
use super::targets::{OtlpTargets, say_left_out, unless_of_environment};
use super::{IN_USE_BY, Inner, TelemetryProvider, metrics, resource, start_message, this_process};
use crate::caught::caught;
use crate::channel::on_thread;
use crate::collector::{
    self, Destination, ExporterId, Pipeline, Policies, Redaction, Redactor, START_TIMEOUT,
    SpanProcessor, WorkerSettings, not_created,
};
use crate::config::{
    Decisive, ExporterKind, Propagator, Signal, TelemetryConfig, is_disabled, is_explained,
    say_held, warn,
};
use crate::error::Error;
use crate::exporter::{self, ConsoleExporters};
use crate::layers::ProgramLayer;
use crate::logs::{ExceptionLogs, LogWorker, StartLogs};
use crate::metrics::{MetricDestination, ProgramView};
use crate::program_signals;
use crate::propagation;
use crate::recorder::Sampling;

const EXPORTER_PANICKED: &str = "an exporter panicked while the provider was started";

/// Starts an exporter that was added to the builder.
type Start =
    Box<dyn FnOnce(&Resource, &WorkerSettings) -> Result<Box<dyn Destination>, Error> + Send>;

/// The parts of a provider, before the process uses them.
struct Started {
    inner: Inner,
    pipeline: Pipeline,
    sampling: Sampling,
    sampler: Option<Arc<dyn ShouldSample>>,
    /// The configured propagators, and those of the program.
    propagators: (Vec<Propagator>, Vec<Box<dyn TextMapPropagator + Send + Sync>>),
    /// Whether no exporter of spans was chosen, and not `none` either.
    is_missing: bool,
    /// The start message.
    message: String,
}

/// Builds a [`TelemetryProvider`], or starts all telemetry of a program: [`initialize`](Self::initialize) starts only
/// the provider, and [`init`](Self::init) everything that [`floe_telemetry::init`](crate::init) starts.
#[must_use = "a builder does nothing until `initialize` or `init` is called"]
pub struct TelemetryProviderBuilder {
    pub(crate) config: TelemetryConfig,
    sampler: Option<Arc<dyn ShouldSample>>,
    propagators: Vec<Box<dyn TextMapPropagator + Send + Sync>>,
    processors: Vec<Box<dyn SpanProcessor>>,
    pub(crate) exporters: Vec<Start>,
    metrics: Vec<MetricDestination>,
    views: Vec<ProgramView>,
    logs: Vec<StartLogs>,
    /// The layers; `None` to install no subscriber.
    pub(crate) layers: Option<Vec<ProgramLayer>>,
}

impl fmt::Debug for TelemetryProviderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryProviderBuilder")
            .field("config", &self.config)
            .field("sampler", &self.sampler)
            .field("processors", &self.processors.len())
            .field("exporters", &self.exporters.len())
            .finish_non_exhaustive()
    }
}

impl TelemetryProviderBuilder {
    pub(super) fn new(config: TelemetryConfig) -> Self {
        Self {
            config,
            sampler: None,
            propagators: Vec::new(),
            processors: Vec::new(),
            exporters: Vec::new(),
            metrics: Vec::new(),
            views: Vec::new(),
            logs: Vec::new(),
            layers: Some(Vec::new()),
        }
    }

    /// Returns the configuration of the provider.
    pub const fn config(&self) -> &TelemetryConfig {
        &self.config
    }

    /// Changes the configuration, for example redaction, attributes of spans and of the resource, or sampling rules.
    ///
    /// ```standalone_crate
    /// let telemetry = floe_telemetry::builder()
    ///     .configure(|config| {
    ///         config.redaction.patterns.push("CUST-[0-9]{6}".to_owned());
    ///         config.span_attributes.insert("team".to_owned(), "checkout".to_owned());
    ///         config.resource_attributes.service_version = Some("1.4.0".to_owned());
    ///     })
    ///     .init()?;
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn configure(mut self, change: impl FnOnce(&mut TelemetryConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Exports traces only to an exporter or an endpoint that is set, such as by `OTEL_EXPORTER_OTLP_ENDPOINT` or
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`. Without one, traces are neither printed nor reported as missing. This is for a
    /// command whose users have not asked for telemetry. Log lines (feature `logs`) are written in any case.
    ///
    /// With nothing to export, variables that cannot be used cause no message either, because they may be meant for
    /// another program; only a name that resembles an endpoint does, such as `OTLP_ENDPOINT`. This applies to the
    /// variables that [`builder`](crate::builder) reads. [`TelemetryConfig::from_env`] has reported them before.
    ///
    /// ```standalone_crate
    /// let telemetry = floe_telemetry::builder().quiet_without_endpoint().init()?;
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn quiet_without_endpoint(mut self) -> Self {
        self.config.exporters.quiet_without_endpoint = true;
        self
    }

    /// Adds a span exporter, which can be any implementation of OpenTelemetry's [`SpanExporter`].
    ///
    /// The exporter receives redacted spans. Each call adds an exporter with its own queue and thread.
    pub fn with_span_exporter<E: SpanExporter + 'static>(mut self, exporter: E) -> Self {
        let id = ExporterId::of::<E>();
        self.exporters.push(Box::new(move |resource, settings| {
            exporter::plain(&id, exporter, resource, settings)
        }));
        self
    }

    /// Adds a metric exporter, which can be any implementation of OpenTelemetry's [`PushMetricExporter`].
    ///
    /// The exporter receives redacted attributes, every `metrics.export_interval_millis`. Each call adds an exporter
    /// with its own thread. Without the feature `metrics`, [`initialize`](Self::initialize) fails.
    pub fn with_metric_exporter<E: PushMetricExporter>(mut self, exporter: E) -> Self {
        let id = ExporterId::of::<E>();
        self.metrics.push(MetricDestination::new(id, exporter, Arc::default()));
        self
    }

    /// Adds a metric reader, which can be any implementation of OpenTelemetry's [`MetricReader`], such as a reader that
    /// collects on request.
    ///
    /// The reader gets redacted attributes. A panic in it becomes an error of the flush or the shutdown, and other
    /// readers continue. Each call adds a reader. Without the feature `metrics`, [`initialize`](Self::initialize)
    /// fails.
    pub fn with_metric_reader<R: MetricReader>(mut self, reader: R) -> Self {
        self.metrics.push(MetricDestination::of_reader(reader));
        self
    }

    /// Adds a view of OpenTelemetry's SDK. Each stream that a view returns for an instrument becomes a metric; other
    /// instruments have the limit and the buckets of the configuration. A view that panics selects nothing.
    ///
    /// ```standalone_crate
    /// use floe_telemetry::{TelemetryConfig, TelemetryProvider};
    /// use opentelemetry_sdk::metrics::{Aggregation, Instrument, Stream};
    ///
    /// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
    ///     .with_view(|instrument: &Instrument| {
    ///         let drop = Stream::builder().with_aggregation(Aggregation::Drop);
    ///         instrument.name().starts_with("cache.").then(|| drop.build().ok())?
    ///     })
    ///     .initialize()?;
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn with_view(
        mut self,
        view: impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static,
    ) -> Self {
        self.views.push(Box::new(view));
        self
    }

    /// Adds a log exporter, which can be any implementation of OpenTelemetry's [`LogExporter`].
    ///
    /// The exporter receives redacted log records. Each call adds an exporter with its own queue and thread. Without
    /// the feature `logs`, [`initialize`](Self::initialize) fails.
    pub fn with_log_exporter<E: LogExporter + 'static>(mut self, exporter: E) -> Self {
        self.logs.push(LogWorker::of_sdk(exporter));
        self
    }

    /// Adds a span processor, which may read, change and discard each finished span before it is redacted and exported.
    /// Processors are called in the order in which they were added.
    pub fn with_span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.push(Box::new(processor));
        self
    }

    /// Sets a sampler, which can be any implementation of OpenTelemetry's [`ShouldSample`]. It decides for each span,
    /// including children, instead of the configured sampler and the ratios and rates of
    /// [rules](crate::config::SamplingRule). The `off` of a rule still applies.
    ///
    /// The sampler is called by the thread that starts the span, when the name, the attributes and the links are known,
    /// so the expressions of `#[traced]` are evaluated for each call. A `RecordOnly` span reaches span processors and
    /// metrics derived from spans, but is not exported ([`Statistics::sampled_out`](crate::Statistics)). If the sampler
    /// panics, the span is not sampled ([`Statistics::sampler_panics`](crate::Statistics)).
    ///
    /// ```standalone_crate
    /// use floe_telemetry::{TelemetryConfig, TelemetryProvider};
    /// use opentelemetry_sdk::trace::Sampler;
    ///
    /// let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1)));
    /// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
    ///     .with_sampler(sampler)
    ///     .initialize()?;
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn with_sampler(mut self, sampler: impl ShouldSample + 'static) -> Self {
        self.sampler = Some(Arc::new(sampler));
        self
    }

    /// Adds a format of context propagation to the configured ones. If several headers carry a trace, the last format
    /// decides. The headers of the added format are not redacted. A panic in it is caught, with one warning.
    ///
    /// ```standalone_crate
    /// use floe_telemetry::{TelemetryConfig, TelemetryProvider};
    /// use opentelemetry::Context;
    /// use opentelemetry::propagation::text_map_propagator::FieldIter;
    /// use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
    /// use opentelemetry::trace::TraceContextExt as _;
    ///
    /// /// `acme-trace`, which partners log.
    /// #[derive(Debug)]
    /// struct Acme([String; 1]);
    ///
    /// impl TextMapPropagator for Acme {
    ///     fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
    ///         injector.set(&self.0[0], cx.span().span_context().trace_id().to_string());
    ///     }
    ///
    ///     fn extract_with_context(&self, cx: &Context, _: &dyn Extractor) -> Context {
    ///         cx.clone()
    ///     }
    ///
    ///     fn fields(&self) -> FieldIter<'_> {
    ///         FieldIter::new(&self.0)
    ///     }
    /// }
    ///
    /// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
    ///     .with_propagator(Acme(["acme-trace".to_owned()]))
    ///     .initialize()?;
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn with_propagator(
        mut self,
        propagator: impl TextMapPropagator + Send + Sync + 'static,
    ) -> Self {
        self.propagators.push(Box::new(propagator));
        self
    }

    /// Starts the telemetry of the process.
    ///
    /// Spans are exported to the exporters that were added, and to those that the configuration selects, among them the
    /// `backend`. If there are none, and the
    /// configuration does not list any, spans are printed to standard error (feature `console`). The configured
    /// propagators become the propagators of the process, see
    /// [`setup_propagators_with`](propagation::setup_propagators_with). The propagators of
    /// [`with_propagator`](Self::with_propagator) follow them.
    ///
    /// # Errors
    ///
    /// Fails if the configuration is invalid, if a [sampler](Self::with_sampler) is combined with tail sampling, if an
    /// exporter cannot be created, if another provider is in use or a thread of the library cannot be started
    /// ([`Error::is_state`]), or if a layer (`with_layer`) was added, which only [`init`](Self::init) installs. After an
    /// error no provider was started, and `initialize` may be called on another builder.
    pub fn initialize(mut self) -> Result<TelemetryProvider, Error> {
        if self.layers.as_ref().is_some_and(|layers| !layers.is_empty()) {
            return Err(Error::state(
                "expected `init` after `with_layer`, found `initialize`, which installs no `tracing` subscriber",
            ));
        }
        self.config.note_code();
        if is_explained() {
            start_message::explain(&self.config);
        }
        self.config.validate()?;
        let is_disabled = is_disabled();
        self.say_warnings();
        self.config.check_backend()?;
        if !self.config.enabled || is_disabled {
            return self.start_disabled();
        }
        // In the constructor of a shared library, no other thread runs, so the start waits for none.
        let is_awaited = begin()?;
        let start_timeout = if is_awaited { START_TIMEOUT } else { Duration::ZERO };
        // The factories of exporters are code of the program, which may panic.
        let started = caught(|| self.start(start_timeout));
        let started = started.unwrap_or_else(|_| Err(Error::export(EXPORTER_PANICKED)));
        let mut it = started.inspect_err(|_| IN_USE_BY.store(0, Ordering::Release))?;
        it.sampling.measures = it.inner.meters.is_some();
        it.sampling.is_recorded = it.pipeline.takes_spans() || it.sampling.describes_log_records;
        it.sampling.has_log_records = it.inner.logs.are_exported();
        // From here on, an error drops the provider, which resets `IN_USE_BY`.
        let provider = TelemetryProvider::of(it.inner);
        let not_installed = |_| Error::state("the telemetry collector could not be configured");
        let pipeline = it.pipeline;
        let installed = collector::run(move |it| it.install(pipeline, is_awaited))?;
        if is_awaited {
            installed.recv_timeout(START_TIMEOUT).map_err(not_installed)?;
        }
        propagation::set_up(&it.propagators.0, it.propagators.1);
        it.sampling.start(it.sampler.map(program_sampler::asked));
        let counters = &provider.inner.counters;
        if it.is_missing && counters.exports.exporter_count() == 0 {
            start_message::report_missing_exporter(start_message::warn_of_no_exporter);
        }
        start_message::write(&it.message);
        start_message::warn_of_unrecorded(counters);
        Ok(provider)
    }

    /// Says the warnings about variables, as far as a program that wants to be quiet does.
    pub(crate) fn say_warnings(&mut self) {
        let has_exporter =
            !self.exporters.is_empty() || !self.metrics.is_empty() || !self.logs.is_empty();
        let is_quiet = self.config.is_quiet() && !has_exporter;
        if is_quiet {
            self.config.forget_refusals();
        }
        self.config.keep_quiet();
        self.config.settle_xray(self.propagators.iter().any(|it| is_xray(&**it)));
        say_held(is_quiet);
    }

    /// Starts a provider that records nothing.
    fn start_disabled(self) -> Result<TelemetryProvider, Error> {
        let by = if is_disabled() { "`OTEL_SDK_DISABLED`" } else { "the configuration" };
        start_message::write(&format!("telemetry is disabled by {by}"));
        Sampling::expect_none();
        // The specification requires that a disabled SDK still propagates context.
        propagation::set_up(&self.config.propagators, self.propagators);
        // Log records that are only written locally are redacted and have the identity.
        let policies = Policies::compile(&self.config.redaction)?;
        ProviderLogs::default().publish(&self.config, &Redaction::new(policies));
        Ok(TelemetryProvider::noop())
    }

    /// Leaves traces out if the sampler or the filter of the environment cannot be obeyed, because another one could
    /// record more spans than the operator asked for.
    fn without_refused_traces(mut self) -> Self {
        let settings: &[_] = match self.sampler {
            Some(_) => &[Decisive::Filter],
            None => &[Decisive::Sampler, Decisive::Filter],
        };
        if let Some(reason) = self.config.refusal(Signal::Traces, settings) {
            let is_wanted = self.config.exporters.traces.as_deref() != Some(&[ExporterKind::None]);
            if is_wanted || !self.exporters.is_empty() || !self.processors.is_empty() {
                say_left_out(Signal::Traces.as_str(), &reason);
            }
            self.exporters.clear();
            self.processors.clear();
            self.config.exporters.traces = Some(vec![ExporterKind::None]);
            self.config.remember();
        }
        self
    }

    /// Adds the parts of another builder, except for layers, which are installed earlier, and takes its configuration.
    fn add(&mut self, other: Self) {
        self.config = other.config;
        self.sampler = other.sampler.or(self.sampler.take());
        self.propagators.extend(other.propagators);
        self.processors.extend(other.processors);
        self.exporters.extend(other.exporters);
        self.metrics.extend(other.metrics);
        self.views.extend(other.views);
        self.logs.extend(other.logs);
    }

    /// Starts the exporters and the meters. After an error, no part of the process uses them.
    fn start(self, start_timeout: Duration) -> Result<Started, Error> {
        // A factory may also change the configuration, and add other parts.
        let mut this = add_registered(self.without_refused_traces(), start_timeout)?;
        this.config.note_code();
        let config = &this.config;
        let has_sampler = this.sampler.is_some();
        if has_sampler && config.sampling.has_tail() {
            return Err(Error::config(
                "sampling: `keep_errors` and `keep_slower_than_millis` cannot be combined with a sampler that the program installs",
            ));
        }
        if let Some(message) = config.unused_ratios().filter(|_| !has_sampler) {
            warn(&Error::config(message).to_string());
        }
        // `OTEL_RESOURCE_ATTRIBUTES` is not read here, because `TelemetryConfig::from_env` reads it on request.
        let resource = resource::of(config)?;
        let redaction = Redaction::of_process(Policies::compile(&config.redaction)?);
        let mut redactor = Redactor::new(redaction.clone());
        let resource = redactor.resource(&resource);
        let otlp = OtlpTargets::resolve(config);
        let shares = Shares::of(config, &otlp, this.exporters.len(), this.logs.len());
        let settings = shares.settings(config, start_timeout, redaction);
        let destinations =
            destinations(config, &otlp, &shares, this.exporters, &resource, &settings)?;
        let logs = ProviderLogs::start(config, &otlp, this.logs, &resource, &settings)?;
        let (meters, span_metrics) =
            metrics::start(config, &otlp, this.metrics, this.views, &resource, &settings)?.unzip();
        logs.publish(config, &settings.redaction);
        let exceptions = ExceptionLogs::of(config, logs.are_exported());
        otlp.say_left_out();
        let counters = &settings.counters;
        Ok(Started {
            sampling: sampling(config),
            sampler: this.sampler.or_else(|| config.sampling.sampler_of_file()),
            propagators: (config.propagators.clone(), this.propagators),
            is_missing: config.has_no_choice_of_traces(),
            message: start_message::line(config, counters, has_sampler),
            inner: Inner::new(false, Arc::clone(counters), resource, logs, meters),
            pipeline: Pipeline::new(
                this.config,
                shares.bytes,
                counters,
                redactor,
                this.processors,
                span_metrics,
                destinations,
            )
            .with_exceptions(
                exceptions.map(|it| Box::new(move |record: &mut _| it.take(record)) as _),
            ),
        })
    }
}

/// Whether a propagator of the program writes X-Ray's header.
fn is_xray(propagator: &dyn TextMapPropagator) -> bool {
    let has_header =
        || propagator.fields().any(|name| name.eq_ignore_ascii_case("x-amzn-trace-id"));
    caught(has_header).unwrap_or(false)
}

/// Creates the exporters of spans.
fn destinations(
    config: &TelemetryConfig,
    otlp: &OtlpTargets,
    shares: &Shares,
    added: Vec<Start>,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Vec<Box<dyn Destination>>, Error> {
    let mut destinations = Vec::new();
    for start in added {
        destinations.push(start(resource, settings)?);
    }
    destinations.extend(otlp.start(Signal::Traces, |exporters, id, target| {
        (exporters.spans)(&id, target, resource, settings)
    })?);
    if shares.has_console {
        let console = ConsoleExporters::find();
        let made = console.and_then(|it| (it.spans)(shares.bytes, resource, settings));
        destinations.extend(unless_of_environment(config, Signal::Traces, made)?);
    }
    Ok(destinations)
}

/// Marks the process as having a provider, and starts the collector. Returns whether the collector runs.
fn begin() -> Result<bool, Error> {
    let process = this_process();
    if IN_USE_BY.swap(process, Ordering::AcqRel) == process {
        return Err(Error::state(
            "a telemetry provider is in use: shut it down before another is initialized",
        ));
    }
    collector::begin().inspect_err(|_| IN_USE_BY.store(0, Ordering::Release))
}

type Made = Result<TelemetryProviderBuilder, Box<dyn StdError + Send + Sync>>;

type AddExporter = fn(Signal, TelemetryProviderBuilder) -> Made;

/// An exporter that a configuration chooses by its name, as `OTEL_TRACES_EXPORTER=acme` or in
/// [`ExportersConfig`](crate::config::ExportersConfig).
///
/// A crate registers it with [`telemetry_exporter!`](crate::telemetry_exporter). The linker collects the registered
/// exporters, so no code runs at startup. A crate that is never referenced is not linked, so a program that uses it
/// needs the line `use acme_floe_exporter as _;`.
///
/// ```standalone_crate
/// use floe_telemetry::config::Signal;
/// use floe_telemetry::exporter::MemoryExporter;
/// use floe_telemetry::{TelemetryConfig, TelemetryProvider, exporter::{ExporterFactory, telemetry_exporter}};
///
/// // Any exporter of OpenTelemetry's SDK.
/// static EXPORTED: std::sync::LazyLock<MemoryExporter> = std::sync::LazyLock::new(MemoryExporter::new);
///
/// telemetry_exporter!(ExporterFactory::new("acme", &[Signal::Traces], |_, provider| {
///     let service = &provider.config().resource_attributes.service_name;
///     println!("sends the spans of {service}");
///     Ok(provider.with_span_exporter(EXPORTED.clone()))
/// }));
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes: {service_name: orders}
/// exporters: {traces: [acme]}
/// ")?;
/// let telemetry = TelemetryProvider::builder(config).initialize()?;
/// drop(floe_telemetry::create_span("orders.load"));
/// telemetry.shutdown(std::time::Duration::from_secs(5))?;
/// assert_eq!(EXPORTED.spans()[0].name, "orders.load");
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ExporterFactory {
    name: &'static str,
    signals: &'static [Signal],
    add: AddExporter,
}

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static FACTORIES: [ExporterFactory] = "fl_factory_0_1";
}

impl ExporterFactory {
    /// Creates a factory for the exporter with this name, for some signals.
    ///
    /// When the provider is initialized, `add` is called for each signal whose configuration names the exporter, and
    /// adds it with the builder's methods. It runs on a thread of its own and may take 30 seconds, after which the start
    /// fails ([`Error::is_timeout`]). Threads that `add` starts have all signals of the operating system blocked.
    pub const fn new(name: &'static str, signals: &'static [Signal], add: AddExporter) -> Self {
        Self { name, signals, add }
    }

    /// Returns the name by which a configuration chooses the exporter.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the signals of the exporter.
    pub const fn signals(&self) -> &'static [Signal] {
        self.signals
    }

    /// Calls the factory on a thread of the library, because it may wait for a disk or a network, and because threads
    /// that it starts inherit the blocked signals. Without a timeout, no other thread runs, and this one calls it.
    ///
    /// # Errors
    ///
    /// The factory panics, or does not return in time.
    fn call(
        self,
        signal: Signal,
        builder: TelemetryProviderBuilder,
        timeout: Duration,
    ) -> Result<Made, Error> {
        let call = move || caught(|| (self.add)(signal, builder));
        let made = if timeout.is_zero() {
            program_signals::blocked(call)
        } else {
            let made = on_thread("floe-start", timeout, call)
                .map_err(|error| Error::thread(self.name, &error))?;
            made.map_err(|_| not_created(self.name, timeout))?
        };
        made.map_err(|_| Error::export(EXPORTER_PANICKED))
    }
}

/// Adds the exporters of other crates that the configuration of the provider names. Each factory may take `timeout`.
fn add_registered(
    mut provider: TelemetryProviderBuilder,
    timeout: Duration,
) -> Result<TelemetryProviderBuilder, Error> {
    for signal in Signal::ALL {
        let mut chosen = provider.config().exporters.of(signal).unwrap_or_default().to_vec();
        chosen.dedup();
        for kind in chosen {
            let path = format!("exporters.{}", signal.as_str());
            let registered =
                kind.registered().map_err(|message| Error::config(format!("{path}: {message}")))?;
            if registered.is_none() {
                continue;
            }
            let Some(factory) = FACTORIES.iter().find(|it| it.name == kind.as_str()) else {
                continue;
            };
            let builder = TelemetryProviderBuilder::new(provider.config.copied());
            let made = factory
                .call(signal, builder, timeout)?
                .map_err(|error| Error::config(format!("{path}: `{kind}`: {error}")));
            if let Some(made) = unless_of_environment(&provider.config, signal, made)? {
                provider.add(made);
            }
        }
    }
    Ok(provider)
}

/// Registers an exporter with the program, so that a configuration can choose it by its name.
///
/// The argument is a constant expression of the type [`ExporterFactory`](crate::ExporterFactory), whose
/// documentation has an example. The macro works in crates with `#![forbid(unsafe_code)]`.
#[macro_export]
macro_rules! telemetry_exporter {
    ($factory:expr $(,)?) => {
        const _: () = {
            const FACTORY: $crate::ExporterFactory = $factory;
            $crate::__floe_linked! {
                "fl_exporter_0_1"
                static LINKED: $crate::config::RegisteredExporter = $crate::config::RegisteredExporter::new(
                    FACTORY.name(),
                    FACTORY.signals(),
                    $crate::__floe_location!(),
                );
            }
            $crate::__floe_linked! {
                "fl_factory_0_1"
                static LINKED_FACTORY: $crate::ExporterFactory = FACTORY;
            }
        };
    };
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_factory_that_does_not_return_is_an_error() {
        let hanging = ExporterFactory::new("acme", &[Signal::Traces], |_, _| {
            loop {
                thread::park();
            }
        });
        let builder = TelemetryProviderBuilder::new(TelemetryConfig::new("orders"));
        let timeout = Duration::from_millis(10);
        let error = hanging.call(Signal::Traces, builder, timeout).unwrap_err();
        assert!(error.is_timeout(), "{error}");
        let text = error.to_string();
        assert!(text.contains("the start of the exporter `acme`"), "{text}");
    }

    #[test]
    fn a_factory_gets_the_builder_and_returns_it_also_where_no_thread_runs() {
        let naming = ExporterFactory::new("acme", &[Signal::Traces], |_, provider| {
            let name = |config: &mut TelemetryConfig| {
                config.resource_attributes.service_name = "renamed".into();
            };
            Ok(provider.configure(name))
        });
        for timeout in [Duration::ZERO, START_TIMEOUT] {
            let builder = TelemetryProviderBuilder::new(TelemetryConfig::new("orders"));
            let made = naming.call(Signal::Traces, builder, timeout).unwrap().unwrap();
            assert_eq!(made.config().resource_attributes.service_name, "renamed");
        }
    }
}

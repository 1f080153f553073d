//! The sampling of a provider, which can be changed while the program runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::{
    ContextMode, SamplingRule, TelemetryConfig, parse_filter, validate_ratio, validate_rules,
};
use crate::error::Error;
use crate::logs::LogRecords;
use crate::recorder::{self, Measured, ProviderId, Sampling};

/// Changes which spans a [`TelemetryProvider`](crate::TelemetryProvider) records, while the program
/// runs. It is returned by
/// [`TelemetryProvider::sampling_handle`](crate::TelemetryProvider::sampling_handle).
///
/// A handle can be cloned and used from any thread, for example by an administrative endpoint. A
/// change applies to spans that start after it. It does not affect spans that have started, and with
/// parent-based sampling a trace keeps the decision that was made for its root. Parent-based sampling,
/// the rate limit and tail sampling cannot be changed.
///
/// If the provider has shut down or records nothing ([`is_noop`](crate::TelemetryProvider::is_noop)),
/// every change is an error, and the getters return the last settings.
///
/// ```standalone_crate
/// use std::time::Duration;
/// use floe_telemetry::config::SamplingRule;
/// use floe_telemetry::exporter::MemoryExporter;
/// use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
///
/// #[traced(name = "orders.load")]
/// fn load() {}
///
/// #[traced(name = "health.check")]
/// fn check() {}
///
/// let memory = MemoryExporter::new();
/// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
///     .with_span_exporter(memory.clone())
///     .initialize()?;
/// let sampling = telemetry.sampling_handle();
///
/// sampling.set_ratio(1.0)?;
/// sampling.set_rules(vec![SamplingRule::new("health.*", 0.0)])?;
/// load();
/// check();
///
/// sampling.set_filter("off")?;
/// load();
///
/// telemetry.shutdown(Duration::from_secs(5))?;
/// assert_eq!(memory.spans().len(), 1);
/// assert!(sampling.set_ratio(0.5).is_err());
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SamplingHandle(Arc<Mutex<Settings>>);

#[derive(Debug)]
struct Settings {
    /// `None` until the provider is connected to the recorder.
    provider: Option<ProviderId>,
    ratio: f64,
    rules: Vec<SamplingRule>,
    filter: Option<String>,
}

impl SamplingHandle {
    /// Creates a handle for a provider that does not record yet.
    pub(super) fn new(config: &TelemetryConfig) -> Self {
        Self(Arc::new(Mutex::new(Settings {
            provider: None,
            ratio: config.sampling_ratio(),
            rules: config.sampling.rules.clone(),
            filter: config.span_filter.clone(),
        })))
    }

    /// Applies later changes to this provider.
    pub(super) fn connect(&self, provider: ProviderId) {
        self.settings().provider = Some(provider);
    }

    /// Sets the share of the traces that are recorded, from 0.0 to 1.0. It replaces the configured ratio
    /// or sampler.
    ///
    /// # Errors
    ///
    /// Fails if the ratio is not between 0.0 and 1.0 ([`Error::is_config`]), or if the provider does not
    /// record ([`Error::is_state`]).
    pub fn set_ratio(&self, ratio: f64) -> Result<(), Error> {
        validate_ratio(ratio)?;
        let mut settings = self.settings();
        settings.change(|sampling| sampling.ratio = ratio)?;
        settings.ratio = ratio;
        Ok(())
    }

    /// Replaces the [sampling rules](crate::config::SamplingConfig::rules). An empty list removes them.
    ///
    /// # Errors
    ///
    /// Fails if a rule is invalid ([`Error::is_config`]), or if the provider does not record
    /// ([`Error::is_state`]).
    pub fn set_rules(&self, rules: Vec<SamplingRule>) -> Result<(), Error> {
        validate_rules(&rules)?;
        let mut settings = self.settings();
        settings.change(|sampling| sampling.rules = patterns(&rules))?;
        settings.rules = rules;
        Ok(())
    }

    /// Replaces the [span filter](TelemetryConfig::span_filter) by directives such as
    /// `info,orders::db=debug,hyper=off`.
    ///
    /// # Errors
    ///
    /// Fails if a directive is invalid ([`Error::is_config`]), or if the provider does not record
    /// ([`Error::is_state`]).
    pub fn set_filter(&self, directives: &str) -> Result<(), Error> {
        let parsed = parse_filter(directives)
            .map_err(|message| Error::config(format!("span filter: {message}")))?;
        let mut settings = self.settings();
        settings.change(|sampling| sampling.filter = Some(parsed))?;
        settings.filter = Some(directives.to_owned());
        Ok(())
    }

    /// Removes the span filter, so that no span is excluded by its target or level.
    ///
    /// # Errors
    ///
    /// Fails if the provider does not record ([`Error::is_state`]).
    pub fn clear_filter(&self) -> Result<(), Error> {
        let mut settings = self.settings();
        settings.change(|sampling| sampling.filter = None)?;
        settings.filter = None;
        Ok(())
    }

    /// Returns the share of the traces that are recorded.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.settings().ratio
    }

    /// Returns the sampling rules.
    #[must_use]
    pub fn rules(&self) -> Vec<SamplingRule> {
        self.settings().rules.clone()
    }

    /// Returns the directives of the span filter, if there is one.
    #[must_use]
    pub fn filter(&self) -> Option<String> {
        self.settings().filter.clone()
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Settings {
    fn change(&self, change: impl FnOnce(&mut Sampling)) -> Result<(), Error> {
        match self.provider {
            Some(provider) if recorder::change_sampling(provider, change) => Ok(()),
            Some(_) => Err(Error::state(
                "the sampling cannot be changed: the telemetry provider has shut down",
            )),
            None => Err(Error::state(
                "the sampling cannot be changed: the telemetry provider records nothing",
            )),
        }
    }
}

/// Returns the sampling of a configuration that has exporters of spans and metrics.
pub(super) fn sampling(config: &TelemetryConfig) -> Result<Sampling, Error> {
    let sampling = &config.sampling;
    let filter = config.span_filter.as_deref().map(parse_filter);
    Ok(Sampling {
        is_recorded: true,
        has_log_records: false,
        describes_log_records: LogRecords::linked().is_some()
            && !config.logging.span_attributes.is_empty(),
        ratio: config.sampling_ratio(),
        is_parent_based: sampling.is_parent_based(),
        rules: patterns(&sampling.rules),
        scopes: (sampling.tracers.iter())
            .map(|tracer| (tracer.name.clone(), tracer.enabled))
            .collect(),
        rate_limit: sampling.rate_limit,
        filter: filter
            .transpose()
            .map_err(|message| Error::config(format!("span_filter: {message}")))?,
        needs_unsampled: sampling.has_tail(),
        measures: if config.metrics.from_spans { Measured::All } else { Measured::Annotated },
        baggage: config.baggage_attributes.clone(),
        has_polls: config.profile.polls,
        has_cpu_time: config.profile.thread_cpu_time,
        has_boundaries: config.context == ContextMode::Boundaries,
    })
}

fn patterns(rules: &[SamplingRule]) -> Vec<(String, f64)> {
    let rules = rules.iter();
    rules.map(|rule| (rule.span.clone(), rule.ratio)).collect()
}

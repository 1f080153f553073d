//! The OTLP targets of each signal.

use crate::suggest::one_of;

use crate::backend;
use crate::config::{ExporterKind, Signal, TelemetryConfig, context};
use crate::error::Error;
use crate::exporter::OtlpTarget;
use crate::internal_log::write_line;

#[derive(Default)]
pub(super) struct OtlpTargets {
    pub(super) spans: Vec<OtlpTarget>,
    /// The target of metrics and logs, which does not depend on the exporters selected for spans.
    other: Option<OtlpTarget>,
}

impl OtlpTargets {
    pub(super) fn resolve(config: &TelemetryConfig) -> Result<Self, Error> {
        let has_endpoint = config.otlp.traces.endpoint.is_some();
        let configured =
            backend::target(config)?.or_else(|| has_endpoint.then(|| config.copied().into()));
        let chosen = config.exporters.chooses_spans(ExporterKind::Otlp);
        let mut spans = Vec::new();
        if chosen.unwrap_or(configured.is_some()) {
            spans.push(configured.clone().unwrap_or_else(|| config.copied().into()));
            spans.extend(additional(Signal::Traces, config));
        }
        Ok(Self { spans, other: configured })
    }
}

/// The targets of metrics or logs. `chosen` are the configured exporters of the signal.
pub(super) fn signal_targets(
    signal: Signal,
    chosen: Option<&[ExporterKind]>,
    config: &TelemetryConfig,
    all: &OtlpTargets,
) -> Vec<OtlpTarget> {
    let is_chosen = chosen.map(|chosen| chosen.contains(&ExporterKind::Otlp));
    let has_endpoint = config.otlp.signal(signal).endpoint.is_some();
    let is_explicit = is_chosen == Some(true) || has_endpoint;
    let target = match &all.other {
        _ if is_chosen == Some(false) => None,
        Some(target) => (is_explicit || accepts_all_signals(target)).then(|| target.clone()),
        None => is_explicit.then(|| config.copied().into()),
    };
    let Some(target) = target else {
        return Vec::new();
    };
    std::iter::once(target).chain(additional(signal, config)).collect()
}

/// Leaves out an exporter that the environment requests and the program cannot create, because an operator's setting
/// must not stop a program. A warning names the variable to change. If the program's code or configuration requests
/// such an exporter, it is an error.
pub(super) fn unless_of_environment<T>(
    config: &TelemetryConfig,
    signal: Signal,
    made: Result<T, Error>,
) -> Result<Option<T>, Error> {
    match made {
        Err(error) if error.is_config() => {
            let variables = config.asked_by(signal, &error);
            if variables.is_empty() {
                let document = config.document().map(|path| context(&path));
                return Err(document.map_or_else(|| error.clone(), |it| error.clone().within(&it)));
            }
            let variables: Vec<_> = variables.iter().map(String::as_str).collect();
            let (signal, change) = (signal.as_str(), one_of(&variables));
            let line = format!("an exporter of {signal} is left out: {error}; change {change}");
            write_line("error", &line);
            Ok(None)
        }
        made => made.map(Some),
    }
}

fn additional(signal: Signal, config: &TelemetryConfig) -> impl Iterator<Item = OtlpTarget> {
    let additional = config.otlp.additional.iter().filter(move |(of, _)| *of == signal);
    additional.map(move |(_, options)| {
        let mut config = config.copied();
        *config.otlp.signal_mut(signal) = options.clone();
        config.into()
    })
}

/// Whether the target accepts all signals; false if only an endpoint for traces is configured.
fn accepts_all_signals(target: &OtlpTarget) -> bool {
    let config = &target.config;
    let is_for_traces = config.otlp.traces.endpoint.is_some() && config.otlp_endpoint.is_none();
    !target.is_traces_only && !is_for_traces
}

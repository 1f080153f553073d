//! Where a signal goes by OTLP.

use crate::backend;
use crate::config::{DEFAULT_OTLP_ENDPOINT, ExporterKind, Signal, TelemetryConfig};
use crate::error::Error;
use crate::exporter::OtlpTarget;

/// Where things go by OTLP.
pub(super) struct Places {
    pub(super) spans: Vec<OtlpTarget>,
    /// Where the other signals go if nothing is said of them. A choice for spans says nothing of these.
    pub(super) others: Vec<OtlpTarget>,
}

impl Places {
    /// Those that were `given` in code, and the configuration's own.
    pub(super) fn of(config: &TelemetryConfig, given: Vec<OtlpTarget>) -> Result<Self, Error> {
        let has_endpoint = config.otlp.traces.endpoint.is_some();
        let own = backend::target(config)?.or_else(|| has_endpoint.then(|| config.clone().into()));
        let chosen = config.exporters.chooses_spans(ExporterKind::Otlp);
        let sends_spans = chosen.unwrap_or(own.is_some());
        let mut places = Self {
            spans: given.clone(),
            others: given,
        };
        if sends_spans {
            let default = || config.clone().into();
            places.spans.push(own.clone().unwrap_or_else(default));
        }
        places.others.extend(own);
        Ok(places)
    }
}

/// The targets that the configuration asks for: those of the spans that take the signal, unless it
/// says otherwise. `chosen` are the signal's exporters.
pub(super) fn targets(
    signal: Signal,
    chosen: Option<&[ExporterKind]>,
    config: &TelemetryConfig,
    of_spans: &[OtlpTarget],
) -> Vec<OtlpTarget> {
    let is_chosen = chosen.map(|chosen| chosen.contains(&ExporterKind::Otlp));
    let has_endpoint = config.otlp.signal(signal).endpoint.is_some();
    let is_asked = is_chosen == Some(true) || has_endpoint;
    if is_chosen == Some(false) {
        Vec::new()
    } else if of_spans.is_empty() && is_asked {
        vec![config.clone().into()]
    } else {
        let takes = |target: &&OtlpTarget| is_asked || takes_more(target);
        of_spans.iter().filter(takes).cloned().collect()
    }
}

/// Where nothing but the endpoint of the traces is known, other signals have nowhere to go.
fn takes_more(target: &OtlpTarget) -> bool {
    let config = &target.config;
    let is_for_traces =
        config.otlp.traces.endpoint.is_some() && config.otlp_endpoint == DEFAULT_OTLP_ENDPOINT;
    !target.is_traces_only && !is_for_traces
}

/// What is said where OTLP is not built in.
#[cfg(not(feature = "_otlp"))]
pub(super) fn without_otlp(target: &OtlpTarget) -> Error {
    Error::config(format!(
        "backend: `{}` at `{}` is reached by OTLP, which needs the feature `otlp-grpc` or `otlp-http`",
        target.config.backend, target.config.otlp_endpoint,
    ))
}

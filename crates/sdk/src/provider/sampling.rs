//! The sampling of a provider.

use crate::config::{ContextMode, TelemetryConfig, parse_filter};
use crate::error::Error;
use crate::logs::LogRecords;
use crate::recorder::{Measured, Sampling};

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
        rules: sampling.rules.iter().map(|rule| (rule.span.clone(), rule.ratio)).collect(),
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
        has_boundaries: config.context == ContextMode::Boundaries,
    })
}

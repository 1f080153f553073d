//! The sampling of a provider.

use crate::config::{ContextMode, TelemetryConfig};
use crate::logs::LogRecords;
use crate::recorder::Sampling;

pub(super) fn sampling(config: &TelemetryConfig) -> Sampling {
    let sampling = &config.sampling;
    let limits = &config.limits;
    let size = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
    Sampling {
        is_recorded: true,
        has_log_records: false,
        describes_log_records: LogRecords::linked().is_some()
            && !config.logging.span_attributes.is_empty(),
        ratio: config.sampling_ratio(),
        is_parent_based: sampling.is_parent_based(),
        rules: sampling.table(),
        needs_unsampled: sampling.has_tail(),
        measures: None,
        baggage: config.baggage_attributes.clone(),
        has_boundaries: config.context == ContextMode::Boundaries,
        buffered_bytes: config.max_memory_bytes / 2,
        attributes: size(limits.attribute_count),
        text_bytes: limits.attribute_value_length.map_or(usize::MAX, size),
    }
}

//! The sampling that a configuration asks of the recorder.

use crate::config::TelemetryConfig;
use crate::recorder::{Measured, Sampling};

/// Which spans are recorded with which attributes, and of which calls metrics are made if metrics are
/// exported.
pub(super) fn sampling(config: &TelemetryConfig) -> Sampling {
    let sampling = &config.sampling;
    Sampling {
        ratio: config.sampling_ratio(),
        is_parent_based: sampling.is_parent_based(),
        rules: sampling.patterns(),
        rate_limit: sampling.rate_limit,
        keeps: sampling.tail_sampling().is_some(),
        measures: if config.metrics.from_spans {
            Measured::All
        } else {
            Measured::Annotated
        },
        baggage: config.baggage_attributes.clone(),
    }
}

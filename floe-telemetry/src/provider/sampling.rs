//! What a configuration wants of the recorder.

use crate::config::TelemetryConfig;
use crate::recorder::{Measured, Sampling};

/// Which spans are wanted, and of which calls metrics are made if anybody takes metrics.
pub(super) fn sampling(config: &TelemetryConfig) -> Sampling {
    let sampling = &config.sampling;
    Sampling {
        ratio: config.sampling_ratio(),
        is_parent_based: sampling.is_parent_based(),
        rules: sampling.patterns(),
        rate_limit: sampling.rate_limit,
        keeps: sampling.keep().is_some(),
        measures: if config.metrics.from_spans {
            Measured::All
        } else {
            Measured::Annotated
        },
    }
}

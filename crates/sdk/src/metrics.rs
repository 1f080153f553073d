//! Metrics of the provider, and what the program records them with.

mod flushes;
pub(crate) mod meters;
#[cfg_attr(not(target_os = "linux"), path = "metrics/no_process.rs")]
mod process;
mod provider;
mod redacting;
mod reporting;
mod sdk_metrics;
mod views;

pub use self::provider::RecorderMeterProvider;
pub(crate) use self::{
    flushes::MetricReport,
    meters::{Meters, MetricDestination},
};
pub use crate::collector::{CollectedExemplars, Exemplar, ExemplarValue, collect_exemplars};

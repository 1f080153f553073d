//! Metrics of the provider, and their interface to the program.

pub(crate) mod destination;
pub(crate) mod meters;
mod provider;
pub(crate) mod reporting;
pub(crate) mod sdk_metrics;

pub use self::provider::RecorderMeterProvider;
pub(crate) use self::{destination::MetricDestination, meters::ProgramView};
pub use crate::collector::{CollectedExemplars, Exemplar, collect_exemplars};

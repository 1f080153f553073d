//! Metrics of the provider, and their interface to the program.

pub(crate) mod destination;
mod provider;
pub(crate) mod reporting;
pub(crate) mod sdk_metrics;

pub(crate) use self::destination::{MetricDestination, ProgramView};
pub use self::provider::RecorderMeterProvider;
pub use crate::collector::{CollectedExemplars, Exemplar, collect_exemplars};

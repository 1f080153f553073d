//! Counters, gauges and histograms.

pub(crate) mod current;
pub(crate) mod handles;
mod instruments;
pub(crate) mod metric;
mod number;
pub(crate) mod recorder;

pub use self::current::is_enabled;
pub use self::handles::{Counter, Gauge, Histogram, UpDownCounter};
pub use self::metric::Metric;
pub use self::number::MetricNumber;

//! Metrics of the process on a system without `/proc`: there are none.

use opentelemetry::metrics::Meter;

pub(super) const fn observe(_: &Meter) {}

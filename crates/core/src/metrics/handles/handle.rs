//! A series that is looked up once, unless the provider of its first use is replaced.

use std::sync::OnceLock;

use opentelemetry::KeyValue;

use crate::metrics::current;
use crate::metrics::instruments::{Bound, Kind, Measurement};
use crate::metrics::metric::Metric;
use crate::metrics::recorder::MetricRecorder;
use crate::recorder::fork;

#[derive(Clone, Debug)]
struct Definition {
    recorder: &'static MetricRecorder,
    metric: Metric<'static>,
    kind: Kind,
    constant: &'static [(&'static str, &'static str)],
    attributes: Vec<KeyValue>,
}

impl Definition {
    fn attributes(&self) -> Vec<KeyValue> {
        let constant = self.constant.iter().map(|&(key, value)| KeyValue::new(key, value));
        constant.chain(self.attributes.iter().cloned()).collect()
    }

    /// Looks up the series. Returns `None` if the metric is not recorded.
    fn look_up(&self) -> Option<Series> {
        let found = OnceLock::new();
        self.recorder.with_instrument(&self.metric, self.kind, |generation, instrument| {
            let bound = instrument.bind(&self.attributes());
            let _ = found.set(Series { bound, generation });
        });

        found.into_inner()
    }
}

#[derive(Debug)]
pub(super) struct Handle {
    definition: Definition,
    /// The series under the provider of the first use, which is the only provider of most programs. Under a later one,
    /// the series is looked up each time.
    first: OnceLock<Series>,
}

#[derive(Debug)]
struct Series {
    bound: Bound,
    generation: u64,
}

impl Handle {
    pub(super) const fn new(
        recorder: &'static MetricRecorder,
        metric: Metric<'static>,
        kind: Kind,
    ) -> Self {
        Self {
            definition: Definition {
                recorder,
                metric,
                kind,
                constant: &[],
                attributes: Vec::new(),
            },
            first: OnceLock::new(),
        }
    }

    pub(super) const fn set_constant(&mut self, constant: &'static [(&'static str, &'static str)]) {
        self.definition.constant = constant;
    }

    pub(super) fn with(&self, attributes: &[KeyValue]) -> Self {
        let mut definition = self.definition.clone();
        definition.attributes.extend_from_slice(attributes);
        Self { definition, first: OnceLock::new() }
    }

    #[inline]
    pub(super) fn record(&self, measurement: Measurement) {
        let generation = current::generation();
        if generation == 0 {
            return;
        }

        match self.first.get() {
            Some(series) if series.generation == generation && !current::is_inherited() => {
                series.bound.record(measurement);
            }
            _ => self.look_up_and_record(measurement),
        }
    }

    #[cold]
    fn look_up_and_record(&self, measurement: Measurement) {
        if current::is_inherited() {
            fork::say_not_exported();
            return;
        }

        if let Some(series) = self.definition.look_up() {
            series.bound.record(measurement);
            let _ = self.first.set(series);
        }
    }
}

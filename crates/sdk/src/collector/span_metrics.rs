//! Metrics of functions with `#[traced(metrics)]`: the number of calls, the number of errors, and the durations.
//!
//! They are computed on the collector thread, before any span is sampled or dropped. Names and attributes follow the
//! OpenTelemetry Collector's [span metrics
//! connector](https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector),
//! so that dashboards and alerts for the connector work with these metrics, too.
//!
//! A flush collects the metrics after it has fetched the spans.

use std::ptr;
use std::sync::Arc;

use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, Meter};
use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, TraceId};
use opentelemetry_sdk::metrics::InstrumentKind;
use rustc_hash::FxHashMap;

use super::exemplars::{BoundExemplars, Exemplars};
use super::redact::Redactor;
use crate::callsite::CallSite;
use crate::clock::WallClock;
use crate::keys;
use crate::recorder::{Code, SpanRecord};

/// The bounds of the duration histogram in seconds, from calls without I/O to batch jobs.
const BOUNDARIES: [f64; 14] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0,
];

const CALLS: &str = "traces.span.metrics.calls";
const ERRORS: &str = "traces.span.metrics.errors";
const DURATION: &str = "traces.span.metrics.duration";

/// The span metrics of one provider.
#[derive(Debug)]
pub struct SpanMetrics {
    /// The series by the address of their call site and their status.
    series: FxHashMap<(usize, Code), Series>,
    instruments: Instruments,
    redactor: Redactor,
}

#[derive(Debug)]
struct Instruments {
    calls: Counter<u64>,
    errors: Counter<u64>,
    duration: Histogram<f64>,
    exemplars: [Option<Arc<Exemplars>>; 3],
}

/// The instruments of one function for one status, bound to the attributes of this series.
#[derive(Debug)]
struct Series {
    calls: BoundCounter<u64>,
    /// The counter of errors; `None` if the status is not an error.
    errors: Option<BoundCounter<u64>>,
    duration: BoundHistogram<f64>,
    exemplars: [Option<BoundExemplars>; 3],
}

impl SpanMetrics {
    /// Creates the instruments. `exemplars` returns the exemplars of an instrument by its name, kind and boundaries.
    pub fn new(
        meter: &Meter,
        redactor: Redactor,
        exemplars: impl Fn(&str, InstrumentKind, &[f64]) -> Option<Arc<Exemplars>>,
    ) -> Self {
        let instruments = Instruments::of(meter, exemplars);
        Self { series: FxHashMap::default(), instruments, redactor }
    }

    /// Counts a finished span or a measured call of a function with `#[traced(metrics)]`.
    pub(crate) fn count_call(&mut self, record: &SpanRecord, clock: &WallClock) {
        let head = &record.head;
        let Some(site) = head.callsite.filter(|site| site.has_metrics()) else {
            return;
        };
        let series = self.series.entry((ptr::from_ref(site).addr(), head.code));
        let instruments = &self.instruments;
        let redactor = &mut self.redactor;
        let series = series.or_insert_with(|| instruments.bind(site, head.code, redactor));
        series.calls.add(1);
        let seconds = record.duration(clock).as_secs_f64();
        series.duration.record(seconds);
        if let Some(errors) = &series.errors {
            errors.add(1);
        }
        let is_sampled = head.trace_id != TraceId::INVALID && head.flags.is_sampled();
        let ids = is_sampled.then_some((head.trace_id, head.span_id));
        for (exemplars, value) in series.exemplars.iter().zip([1.0, 1.0, seconds]) {
            if let Some(exemplars) = exemplars {
                exemplars.measure_span(value, ids, || clock.at(head.end));
            }
        }
    }
}

impl Instruments {
    fn of(
        meter: &Meter,
        exemplars: impl Fn(&str, InstrumentKind, &[f64]) -> Option<Arc<Exemplars>>,
    ) -> Self {
        let calls = "{call}";
        let seconds = "s";
        Self {
            exemplars: [
                exemplars(CALLS, InstrumentKind::Counter, &[]),
                exemplars(ERRORS, InstrumentKind::Counter, &[]),
                exemplars(DURATION, InstrumentKind::Histogram, &BOUNDARIES),
            ],
            calls: meter
                .u64_counter(CALLS)
                .with_unit(calls)
                .with_description("Calls that have ended, whether their spans were sampled or not.")
                .build(),
            errors: meter
                .u64_counter(ERRORS)
                .with_unit(calls)
                .with_description("Calls that have ended with the status error, whether their spans were sampled or not.")
                .build(),
            duration: meter
                .f64_histogram(DURATION)
                .with_unit(seconds)
                .with_description("The duration of calls, whether their spans were sampled or not.")
                .with_boundaries(BOUNDARIES.to_vec())
                .build(),
        }
    }

    fn bind(&self, site: &CallSite, code: Code, redactor: &mut Redactor) -> Series {
        // The name is that of the call site, because a name computed at run time could create a series per call.
        let mut attributes = [
            KeyValue::new(keys::SPAN_NAME, site.name()),
            KeyValue::new(keys::COMPONENT, site.location().module()),
            KeyValue::new(keys::SPAN_KIND, kind_word(site.kind())),
            KeyValue::new(keys::STATUS_CODE, code_word(code)),
        ];
        for attribute in &mut attributes {
            redactor.attribute(attribute);
        }
        let [calls, errors, duration] = &self.exemplars;
        let errors = if code == Code::Error { errors } else { &None };
        let exemplars = [calls, errors, duration];
        Series {
            calls: self.calls.bind(&attributes),
            errors: (code == Code::Error).then(|| self.errors.bind(&attributes)),
            duration: self.duration.bind(&attributes),
            exemplars: exemplars.map(|of| of.as_ref().map(|of| of.bind(&attributes))),
        }
    }
}

const fn kind_word(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "SPAN_KIND_CLIENT",
        SpanKind::Server => "SPAN_KIND_SERVER",
        SpanKind::Producer => "SPAN_KIND_PRODUCER",
        SpanKind::Consumer => "SPAN_KIND_CONSUMER",
        SpanKind::Internal => "SPAN_KIND_INTERNAL",
    }
}

const fn code_word(code: Code) -> &'static str {
    match code {
        Code::Unset => "STATUS_CODE_UNSET",
        Code::Error => "STATUS_CODE_ERROR",
        Code::Ok | Code::Success => "STATUS_CODE_OK",
    }
}

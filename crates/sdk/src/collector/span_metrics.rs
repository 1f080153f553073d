//! Metrics of functions with `#[traced(metrics)]`: the number of calls, the number of errors, and the durations.
//!
//! A call without a span is counted on its thread, so that the metrics stay complete while a backend does not accept
//! spans. The collector thread counts spans, before it samples them. Names and attributes follow the OpenTelemetry
//! Collector's [span metrics
//! connector](https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector),
//! so that dashboards and alerts for the connector work with these metrics, too.
//!
//! A flush collects the metrics after it has fetched the spans.

use std::ptr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, Meter};
use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, TraceId};
use opentelemetry_sdk::metrics::InstrumentKind;
use rustc_hash::FxHashMap;

use super::exemplars::{BoundExemplars, Exemplars};
use super::redact::{Redaction, Redactor};
use crate::callsite::CallSite;
use crate::clock::WallClock;
use crate::keys;
use crate::recorder::{Code, Measure, SpanRecord};

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
    series: RwLock<FxHashMap<(usize, Code), Series>>,
    instruments: Instruments,
    redaction: Redaction,
    pub(crate) status_on_success: bool,
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
        redaction: Redaction,
        exemplars: impl Fn(&str, InstrumentKind, &[f64]) -> Option<Arc<Exemplars>>,
    ) -> Self {
        let instruments = Instruments::of(meter, exemplars);
        Self { series: RwLock::default(), instruments, redaction, status_on_success: true }
    }

    /// Counts the call of a span.
    pub(crate) fn count_span(&self, record: &SpanRecord, clock: &WallClock) {
        let head = &record.head;
        let Some(site) = head.callsite.filter(|site| site.has_metrics()) else {
            return;
        };
        let is_sampled = head.trace_id != TraceId::INVALID && head.flags.is_sampled();
        let ids = is_sampled.then_some((head.trace_id, head.span_id));
        self.count(site, head.code, |series| {
            let seconds = series.add(record.duration(clock));
            for (exemplars, value) in series.exemplars.iter().zip([1.0, 1.0, seconds]) {
                if let Some(exemplars) = exemplars {
                    exemplars.measure_span(value, ids, || clock.at(head.end));
                }
            }
        });
    }

    fn count(&self, site: &'static CallSite, code: Code, add: impl FnOnce(&Series)) {
        let key = (ptr::from_ref(site).addr(), code);
        let all = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = all.get(&key) {
            return add(series);
        }
        drop(all);
        let mut all = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let bind = || self.instruments.bind(site, code, &mut Redactor::new(self.redaction.clone()));
        add(all.entry(key).or_insert_with(bind));
    }
}

impl Measure for SpanMetrics {
    fn measure(&self, site: &'static CallSite, code: Code, time: Duration) {
        self.count(site, code.settled(self.status_on_success), |series| _ = series.add(time));
    }
}

impl Series {
    fn add(&self, time: Duration) -> f64 {
        let seconds = time.as_secs_f64();
        self.calls.add(1);
        self.duration.record(seconds);
        if let Some(errors) = &self.errors {
            errors.add(1);
        }
        seconds
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

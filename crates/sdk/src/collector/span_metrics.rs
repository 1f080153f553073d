//! Metrics computed from spans: the number of calls, the number of errors, and the durations.
//!
//! They are computed on the collector thread, before any span is sampled or dropped. Names and attributes follow the
//! OpenTelemetry Collector's [span metrics
//! connector](https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector),
//! so that dashboards and alerts for its metrics work with these metrics, too.
//!
//! A flush collects the metrics after it has fetched the spans.

use std::sync::Arc;

use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram, Meter};
use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, TraceId};
use opentelemetry_sdk::metrics::InstrumentKind;
use rustc_hash::FxHashMap;

use super::exemplars::{BoundExemplars, Exemplars};
use super::redact::Redactor;
use crate::callsite::{CallSite, Scope};
use crate::clock::WallClock;
use crate::config::metrics::CARDINALITY_LIMIT;
use crate::keys;
use crate::recorder::{Code, Origin, SpanRecord};

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
    /// Whether all spans are counted, or only spans of `#[traced(metrics)]`.
    all_spans: bool,
    series: Vec<Series>,
    /// Indices of the series of a call site, by its address.
    sites: FxHashMap<usize, Vec<usize>>,
    /// Indices of the series of spans without a call site, by component and name.
    names: FxHashMap<String, FxHashMap<String, Vec<usize>>>,
    overflow: Option<usize>,
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

/// The instruments for spans with equal name, component, kind and status, bound to these attributes.
#[derive(Debug)]
struct Series {
    kind: SpanKind,
    code: Code,
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
        all_spans: bool,
        redactor: Redactor,
        exemplars: impl Fn(&str, InstrumentKind, &[f64]) -> Option<Arc<Exemplars>>,
    ) -> Self {
        Self {
            all_spans,
            series: Vec::new(),
            sites: FxHashMap::default(),
            names: FxHashMap::default(),
            overflow: None,
            instruments: Instruments::of(meter, exemplars),
            redactor,
        }
    }

    pub(super) const fn counts_all(&self) -> bool {
        self.all_spans
    }

    /// Counts a finished span or a measured call.
    pub(crate) fn count_call(&mut self, record: &SpanRecord, clock: &WallClock) {
        let is_requested = (record.head.callsite).is_some_and(CallSite::has_metrics);
        if !self.all_spans && !is_requested {
            return;
        }
        let kind = record.kind();
        let at = match self.find(record, &kind) {
            Some(at) => at,
            None if self.series.len() < CARDINALITY_LIMIT => self.add_series(record, kind),
            None => self.overflow(record.head.code),
        };
        let series = &self.series[at];
        series.calls.add(1);
        let seconds = record.duration(clock).as_secs_f64();
        series.duration.record(seconds);
        if let Some(errors) = &series.errors {
            errors.add(1);
        }
        let head = &record.head;
        let is_sampled = head.trace_id != TraceId::INVALID && head.flags.is_sampled();
        let ids = is_sampled.then_some((head.trace_id, head.span_id));
        for (exemplars, value) in series.exemplars.iter().zip([1.0, 1.0, seconds]) {
            if let Some(exemplars) = exemplars {
                exemplars.measure_span(value, ids, || clock.at(head.end));
            }
        }
    }

    fn find(&self, record: &SpanRecord, kind: &SpanKind) -> Option<usize> {
        let known = match record.head.callsite {
            Some(site) => self.sites.get(&std::ptr::from_ref(site).addr()),
            None => self.names.get(component(record))?.get(name(record)),
        };
        known?.iter().copied().find(|at| {
            let series = &self.series[*at];
            series.code == record.head.code && series.kind == *kind
        })
    }

    fn add_series(&mut self, record: &SpanRecord, kind: SpanKind) -> usize {
        let code = record.head.code;
        let mut attributes = [
            KeyValue::new(keys::SPAN_NAME, name(record).to_owned()),
            KeyValue::new(keys::COMPONENT, component(record).to_owned()),
            KeyValue::new(keys::SPAN_KIND, kind_word(&kind)),
            KeyValue::new(keys::STATUS_CODE, code_word(code)),
        ];
        for attribute in &mut attributes {
            self.redactor.attribute(attribute);
        }
        let at = self.series.len();
        let known = if let Some(site) = record.head.callsite {
            let site = self.sites.entry(std::ptr::from_ref(site).addr());
            site.or_default()
        } else {
            let names = self.names.entry(component(record).to_owned());
            let name = names.or_default().entry(name(record).to_owned());
            name.or_default()
        };
        known.push(at);
        self.series.push(self.instruments.bind(kind, code, &attributes));
        at
    }

    /// The series for spans over the limit: one for errors, and one for all other spans.
    fn overflow(&mut self, code: Code) -> usize {
        let first = *self.overflow.get_or_insert_with(|| {
            let attributes = [KeyValue::new(keys::METRIC_OVERFLOW, true)];
            for code in [Code::Error, Code::Ok] {
                let series = self.instruments.bind(SpanKind::Internal, code, &attributes);
                self.series.push(series);
            }
            self.series.len() - 2
        });
        first + usize::from(code != Code::Error)
    }
}

impl Instruments {
    fn of(
        meter: &Meter,
        exemplars: impl Fn(&str, InstrumentKind, &[f64]) -> Option<Arc<Exemplars>>,
    ) -> Self {
        let (calls, seconds) = ("{call}", "s");
        Self {
            exemplars: [
                exemplars(CALLS, InstrumentKind::Counter, &[]),
                exemplars(ERRORS, InstrumentKind::Counter, &[]),
                exemplars(DURATION, InstrumentKind::Histogram, &BOUNDARIES),
            ],
            calls: meter
                .u64_counter(CALLS)
                .with_unit(calls)
                .with_description("Spans that have ended, whether they were sampled or not.")
                .build(),
            errors: meter
                .u64_counter(ERRORS)
                .with_unit(calls)
                .with_description("Spans that have ended with the status error, whether they were sampled or not.")
                .build(),
            duration: meter
                .f64_histogram(DURATION)
                .with_unit(seconds)
                .with_description("The duration of spans, whether they were sampled or not.")
                .with_boundaries(BOUNDARIES.to_vec())
                .build(),
        }
    }

    fn bind(&self, kind: SpanKind, code: Code, attributes: &[KeyValue]) -> Series {
        let [calls, errors, duration] = &self.exemplars;
        let errors = if code == Code::Error { errors } else { &None };
        let exemplars = [calls, errors, duration];
        Series {
            kind,
            code,
            calls: self.calls.bind(attributes),
            errors: (code == Code::Error).then(|| self.errors.bind(attributes)),
            duration: self.duration.bind(attributes),
            exemplars: exemplars.map(|of| of.as_ref().map(|of| of.bind(attributes))),
        }
    }
}

/// The name of the call site, if there is one, because a computed name would create a series per call.
fn name(record: &SpanRecord) -> &str {
    match record.head.callsite {
        Some(site) => site.name(),
        None => record.name().unwrap_or_default(),
    }
}

/// The module of a function, or the name of the instrumentation scope.
fn component(record: &SpanRecord) -> &str {
    match record.head.callsite {
        Some(site) => site.location().module(),
        None => match record.origin() {
            Origin::Api(scope) => scope.name(),
            origin => (origin.scope()).map_or("floe-telemetry", Scope::name),
        },
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

//! How telemetry differs from OpenTelemetry's semantic conventions.

use std::collections::BTreeMap;

use floe_semconv::{Instrument, Kind, Problem};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::span::{self, Note};
use crate::text::Texts;

/// How many differences are remembered.
const MOST: usize = 1000;

/// The most characters of a message.
const LONGEST: usize = 500;

/// The differences, with the place where each was found first.
#[derive(Debug, Default)]
pub(crate) struct Conventions {
    found: BTreeMap<String, Note>,
    /// How often something was found that is not remembered.
    others: usize,
    place: String,
}

impl Conventions {
    /// The differences by what they are about.
    pub(crate) fn differences(&self, texts: &Texts) -> Vec<Note> {
        let redacted = self
            .found
            .values()
            .map(|note| Note { message: texts.redacted(&note.message), ..note.clone() });
        let others = (self.others > 0).then(|| Note {
            place: self.place.clone(),
            message: format!("more than {MOST} differences; the others are not listed"),
            times: self.others,
        });
        redacted.chain(others).collect()
    }

    /// Compares a resource. It and its records are at this place.
    pub(crate) fn resource(&mut self, place: String, resource: &Resource) {
        self.place = place;
        self.attributes("resource", &resource.attributes);
    }

    pub(crate) fn log(&mut self, record: &LogRecord) {
        self.attributes("log record", &record.attributes);
    }

    pub(crate) fn metrics(&mut self, place: &str, metrics: &ResourceMetrics) {
        let resource = metrics.resource.clone().unwrap_or_default();
        self.resource(place.to_owned(), &resource);
        for metric in metrics.scope_metrics.iter().flat_map(|it| &it.metrics) {
            self.metric(metric);
        }
    }

    pub(crate) fn span(&mut self, span: &Span) {
        let what = format!("span `{}`", span.name);
        self.attributes(&what, &span.attributes);
        for event in &span.events {
            self.attributes(&what, &event.attributes);
        }
        let keys: Vec<_> = span.attributes.iter().map(|it| &*it.key).collect();
        for problem in floe_semconv::check_span(span::Kind::of(span.kind).as_str(), &keys) {
            self.add(&what, &problem);
        }
    }

    fn metric(&mut self, metric: &Metric) {
        let what = format!("metric `{}`", metric.name);
        let mut points: Vec<&[KeyValue]> = Vec::new();
        let instrument = match &metric.data {
            Some(Data::Gauge(data)) => {
                points.extend(data.data_points.iter().map(|it| &*it.attributes));
                Instrument::Gauge
            }
            Some(Data::Sum(data)) => {
                points.extend(data.data_points.iter().map(|it| &*it.attributes));
                if data.is_monotonic { Instrument::Counter } else { Instrument::UpDownCounter }
            }
            Some(Data::Histogram(data)) => {
                points.extend(data.data_points.iter().map(|it| &*it.attributes));
                Instrument::Histogram
            }
            Some(Data::ExponentialHistogram(data)) => {
                points.extend(data.data_points.iter().map(|it| &*it.attributes));
                Instrument::Histogram
            }
            // OpenTelemetry has no instrument of a summary.
            Some(Data::Summary(_)) | None => return,
        };
        if let Some(problem) = floe_semconv::check_metric(&metric.name, &metric.unit, instrument) {
            self.add(&what, &problem);
        }
        for attributes in points {
            self.attributes(&what, attributes);
        }
    }

    fn attributes(&mut self, what: &str, attributes: &[KeyValue]) {
        for attribute in attributes {
            let value = attribute.value.as_ref().and_then(|it| it.value.as_ref());
            let problems = [
                floe_semconv::check(&attribute.key),
                value.and_then(|value| of_value(&attribute.key, value)),
            ];
            for problem in problems.iter().flatten() {
                self.add(what, problem);
            }
        }
    }

    fn add(&mut self, what: &str, problem: &Problem<'_>) {
        let mut message = format!("{what}: {problem}");
        if let Some((end, _)) = message.char_indices().nth(LONGEST) {
            message.truncate(end);
            message.push('…');
        }
        if let Some(note) = self.found.get_mut(&message) {
            note.times += 1;
        } else if self.found.len() < MOST {
            let note = Note { place: self.place.clone(), message: message.clone(), times: 1 };
            self.found.insert(message, note);
        } else {
            self.others += 1;
        }
    }
}

fn of_value<'a>(key: &'a str, value: &'a Any) -> Option<Problem<'a>> {
    let kind = match value {
        Any::StringValue(text) => return floe_semconv::check_text(key, text),
        Any::BoolValue(_) => Kind::Bool,
        Any::IntValue(_) => Kind::Int,
        Any::DoubleValue(_) => Kind::Double,
        Any::ArrayValue(list) => match list.values.first()?.value.as_ref()? {
            Any::StringValue(_) => Kind::Texts,
            Any::BoolValue(_) => Kind::Bools,
            Any::IntValue(_) => Kind::Ints,
            Any::DoubleValue(_) => Kind::Doubles,
            _ => return None,
        },
        _ => return None,
    };
    floe_semconv::check_kind(key, kind)
}

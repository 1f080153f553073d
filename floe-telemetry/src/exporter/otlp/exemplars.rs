//! Exemplars in a request: the histogram of durations says by which span one of its values was made.

use std::time::SystemTime;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Exemplar;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};

use crate::clock::UnixNanos;
use crate::collector::{DURATION, exemplar};

/// Adds them to a request that was made of `metrics`, and so has them in the same order.
pub(super) fn add(metrics: &ResourceMetrics, request: &mut ExportMetricsServiceRequest) {
    let sent = request.resource_metrics.iter_mut();
    let sent = sent.flat_map(|of_resource| &mut of_resource.scope_metrics);
    for (collected, sent) in metrics.scope_metrics().zip(sent) {
        for (collected, sent) in collected.metrics().zip(&mut sent.metrics) {
            if collected.name() == DURATION
                && let (AggregatedMetrics::F64(collected), Some(sent)) =
                    (collected.data(), &mut sent.data)
            {
                to_points(collected, sent);
            }
        }
    }
}

fn to_points(collected: &MetricData<f64>, sent: &mut Data) {
    match (collected, sent) {
        (MetricData::Histogram(collected), Data::Histogram(sent)) => {
            for (from, to) in collected.data_points().zip(&mut sent.data_points) {
                to.exemplars
                    .extend(one(from.attributes(), collected.start_time()));
            }
        }
        (MetricData::ExponentialHistogram(collected), Data::ExponentialHistogram(sent)) => {
            for (from, to) in collected.data_points().zip(&mut sent.data_points) {
                to.exemplars
                    .extend(one(from.attributes(), collected.start_time()));
            }
        }
        _ => {}
    }
}

/// That of a series, if it is of the time that the point is about.
fn one<'a>(
    attributes: impl Iterator<Item = &'a opentelemetry::KeyValue>,
    since: SystemTime,
) -> Option<Exemplar> {
    let found = exemplar(attributes).filter(|found| found.time >= since)?;
    Some(Exemplar {
        filtered_attributes: Vec::new(),
        time_unix_nano: UnixNanos::from(found.time).0,
        span_id: found.span_id.to_bytes().to_vec(),
        trace_id: found.trace_id.to_bytes().to_vec(),
        value: Some(Value::AsDouble(found.seconds)),
    })
}

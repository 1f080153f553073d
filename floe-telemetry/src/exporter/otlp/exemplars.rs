//! Exemplars in a metrics request: each point of the duration histogram refers to one of its spans.

use std::time::SystemTime;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Exemplar;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};

use crate::clock::UnixNanos;
use crate::collector::{DURATION, exemplar};

/// Adds exemplars to a request that was converted from `metrics`, so both have the same order.
pub(super) fn add(metrics: &ResourceMetrics, request: &mut ExportMetricsServiceRequest) {
    let sent = request.resource_metrics.iter_mut();
    let sent = sent.flat_map(|resource| &mut resource.scope_metrics);
    for (collected, sent) in metrics.scope_metrics().zip(sent) {
        for (collected, sent) in collected.metrics().zip(&mut sent.metrics) {
            if collected.name() == DURATION
                && let (AggregatedMetrics::F64(collected), Some(sent)) =
                    (collected.data(), &mut sent.data)
            {
                add_to_points(collected, sent);
            }
        }
    }
}

fn add_to_points(collected: &MetricData<f64>, sent: &mut Data) {
    match (collected, sent) {
        (MetricData::Histogram(collected), Data::Histogram(sent)) => {
            for (from, to) in collected.data_points().zip(&mut sent.data_points) {
                to.exemplars
                    .extend(exemplar_since(from.attributes(), collected.start_time()));
            }
        }
        (MetricData::ExponentialHistogram(collected), Data::ExponentialHistogram(sent)) => {
            for (from, to) in collected.data_points().zip(&mut sent.data_points) {
                to.exemplars
                    .extend(exemplar_since(from.attributes(), collected.start_time()));
            }
        }
        _ => {}
    }
}

/// The exemplar of a series, if it was measured in the time range of the point.
fn exemplar_since<'a>(
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

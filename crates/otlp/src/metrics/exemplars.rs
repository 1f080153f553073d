//! Adds exemplars to a metrics request: references from data points to spans in which values were measured.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Exemplar as Sent;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};

use floe_telemetry_core::__sdk::clock::UnixNanos;
use floe_telemetry_sdk::metrics::{CollectedExemplars, Exemplar, collect_exemplars};

/// Adds exemplars to a request. It was converted from `metrics`, so the metrics in both have the same order.
pub(super) fn add(metrics: &ResourceMetrics, request: &mut ExportMetricsServiceRequest) {
    let sent = request.resource_metrics.iter_mut().flat_map(|resource| &mut resource.scope_metrics);
    for (collected, sent) in metrics.scope_metrics().zip(sent) {
        let scope = collected.scope();
        for (collected, sent) in collected.metrics().zip(&mut sent.metrics) {
            let exemplars = collect_exemplars(scope, collected.name());
            if let (Some(exemplars), Some(sent)) = (exemplars, &mut sent.data) {
                match collected.data() {
                    AggregatedMetrics::F64(data) => add_to_points(&exemplars, data, sent),
                    AggregatedMetrics::U64(data) => add_to_points(&exemplars, data, sent),
                    AggregatedMetrics::I64(data) => add_to_points(&exemplars, data, sent),
                }
            }
        }
    }
}

fn add_to_points<T: Copy>(
    exemplars: &CollectedExemplars,
    collected: &MetricData<T>,
    sent: &mut Data,
) {
    macro_rules! add {
        ($collected:ident, $sent:ident, $since:expr) => {
            for (from, to) in $collected.data_points().zip(&mut $sent.data_points) {
                let found = exemplars.of_point(from.attributes(), $since);
                to.exemplars.extend(found.iter().map(sent_as));
            }
        };
    }
    match (collected, sent) {
        (MetricData::Gauge(collected), Data::Gauge(sent)) => {
            add!(collected, sent, collected.start_time());
        }
        (MetricData::Sum(collected), Data::Sum(sent)) => {
            add!(collected, sent, Some(collected.start_time()));
        }
        (MetricData::Histogram(collected), Data::Histogram(sent)) => {
            add!(collected, sent, Some(collected.start_time()));
        }
        (MetricData::ExponentialHistogram(collected), Data::ExponentialHistogram(sent)) => {
            add!(collected, sent, Some(collected.start_time()));
        }
        _ => {}
    }
}

fn sent_as(exemplar: &Exemplar) -> Sent {
    let (trace_id, span_id) = exemplar.ids;
    Sent {
        filtered_attributes: Vec::new(),
        time_unix_nano: UnixNanos::from(exemplar.time).0,
        span_id: span_id.to_bytes().to_vec(),
        trace_id: trace_id.to_bytes().to_vec(),
        value: Some(Value::AsDouble(exemplar.value)),
    }
}

//! Compares the encoder with `opentelemetry-proto`: both must encode metrics as the same message.

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{
    Aggregation, InMemoryMetricExporterBuilder, Instrument, SdkMeterProvider, Stream,
};
use prost::Message as _;

use super::*;

/// Measures with each kind of instrument, in two scopes and with several series. Returns the encoded metrics, and their
/// conversion by `opentelemetry-proto`.
fn measured(temporality: Temporality) -> (EncodedMetrics, ExportMetricsServiceRequest) {
    let exponential = |instrument: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram {
            max_size: 160,
            max_scale: 20,
            record_min_max: true,
        };
        let stream = Stream::builder().with_aggregation(aggregation);
        instrument.name().starts_with("exponential").then(|| stream.build().unwrap())
    };
    let exporter = InMemoryMetricExporterBuilder::new().with_temporality(temporality).build();
    let resource = Resource::builder_empty()
        .with_schema_url([KeyValue::new("service.name", "shop")], "https://example.com/1");
    let provider = SdkMeterProvider::builder()
        .with_resource(resource.build())
        .with_view(exponential)
        .with_periodic_exporter(exporter.clone())
        .build();
    let attributes = [KeyValue::new("table", "orders"), KeyValue::new("rows", 3)];
    let scope = InstrumentationScope::builder("first")
        .with_version("1.2.3")
        .with_schema_url("https://example.com/2")
        .with_attributes([KeyValue::new("a", true)]);
    let meter = provider.meter_with_scope(scope.build());
    let sum = meter.u64_counter("sum").with_description("all of them").with_unit("{row}").build();
    sum.add(3, &attributes);
    sum.add(0, &[]);
    sum.add(300, &attributes[..1]);
    meter.i64_up_down_counter("up and down").build().add(-7, &attributes);
    meter.f64_counter("doubles").build().add(0.25, &[]);
    let meter = provider.meter("second");
    meter.f64_gauge("gauge").build().record(0.0, &attributes);
    meter.i64_gauge("whole gauge").build().record(-1, &[]);
    meter.u64_histogram("whole histogram").build().record(12, &attributes);
    for name in ["histogram", "exponential", "exponential, other series"] {
        let histogram = meter.f64_histogram(name).build();
        for value in [0.0, 0.003, 17.0, 1e6, -4.5] {
            histogram.record(value, &[]);
        }
        histogram.record(1.5, &attributes);
    }
    provider.force_flush().unwrap();
    let metrics = exporter.get_finished_metrics().unwrap().pop().unwrap();
    (EncodedMetrics::new(&metrics), (&metrics).into())
}

fn decoded(request: &[u8]) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(request).unwrap()
}

fn points(metric: &Metric) -> usize {
    match &metric.data {
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        other => panic!("{other:?}"),
    }
}

/// Returns the name of each metric, once for each of its data points.
fn names(request: &ExportMetricsServiceRequest) -> Vec<String> {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    metrics.flat_map(|metric| vec![metric.name.clone(); points(metric)]).collect()
}

#[test]
fn metrics_are_encoded_as_by_opentelemetry_proto() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        let (encoded, expected) = measured(temporality);
        let request = encoded.request(&(0..encoded.points));
        assert_eq!(decoded(&request), expected);
        assert_eq!(request.len(), expected.encoded_len());
    }
}

#[test]
fn each_data_point_is_in_one_request_with_its_resource_scope_and_metric() {
    let (encoded, whole) = measured(Temporality::Cumulative);
    let all = names(&whole);
    assert_eq!(all.len(), encoded.points);
    for half in 0..=encoded.points {
        let requests = [0..half, half..encoded.points].map(|kept| decoded(&encoded.request(&kept)));
        assert_eq!(requests.each_ref().map(names).concat(), all);
        for request in requests {
            let resource = &request.resource_metrics[0];
            assert_eq!(resource.resource, whole.resource_metrics[0].resource);
            for scope in &resource.scope_metrics {
                let scopes = &whole.resource_metrics[0].scope_metrics;
                let original = scopes.iter().find(|other| other.scope == scope.scope).unwrap();
                assert_eq!(scope.schema_url, original.schema_url);
                for metric in &scope.metrics {
                    let metrics = &original.metrics;
                    let other = metrics.iter().find(|other| other.name == metric.name).unwrap();
                    assert_eq!(
                        (&metric.unit, &metric.description),
                        (&other.unit, &other.description)
                    );
                }
            }
        }
    }
}

//! The JSON of requests that `opentelemetry-proto` has encoded.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, any_value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, exemplar, metric,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message as _;

use super::*;

fn text(message: &Message, request: &impl prost::Message) -> String {
    let json = encode(message, &request.encode_to_vec()).unwrap();
    String::from_utf8(json).unwrap()
}

fn key_value(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn value(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn span_with(attributes: Vec<KeyValue>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: vec![Span { attributes, ..Span::default() }],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

fn attributes_of(json: &str) -> &str {
    let (_, rest) = json.split_once(r#""attributes":["#).unwrap();
    rest.strip_suffix("]}]}]}]}").unwrap()
}

#[test]
fn a_span_has_hexadecimal_ids_texts_for_long_numbers_and_numbers_for_enumerations() {
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![key_value(
                    "service.name",
                    any_value::Value::StringValue("orders".to_owned()),
                )],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "driver".to_owned(),
                    version: "1.0".to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans: vec![Span {
                    trace_id: (0..16).collect(),
                    span_id: vec![0xab; 8],
                    parent_span_id: vec![0xcd; 8],
                    trace_state: "ot=th:8".to_owned(),
                    flags: 0x103,
                    name: "a \"b\"\n\u{1}ü".to_owned(),
                    kind: 3,
                    start_time_unix_nano: u64::MAX,
                    end_time_unix_nano: 1,
                    dropped_attributes_count: 2,
                    events: vec![Event {
                        time_unix_nano: 7,
                        name: "retry".to_owned(),
                        ..Event::default()
                    }],
                    links: vec![Link {
                        trace_id: vec![1; 16],
                        span_id: vec![2; 8],
                        flags: 1,
                        ..Link::default()
                    }],
                    status: Some(Status { code: 2, message: "no disk".to_owned() }),
                    ..Span::default()
                }],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    let expected = concat!(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"orders"}}]},"#,
        r#""scopeSpans":[{"scope":{"name":"driver","version":"1.0"},"spans":[{"#,
        r#""traceId":"000102030405060708090a0b0c0d0e0f","spanId":"abababababababab","#,
        r#""traceState":"ot=th:8","parentSpanId":"cdcdcdcdcdcdcdcd","flags":259,"#,
        r#""name":"a \"b\"\n\u0001ü","kind":3,"startTimeUnixNano":"18446744073709551615","#,
        r#""endTimeUnixNano":"1","droppedAttributesCount":2,"#,
        r#""events":[{"timeUnixNano":"7","name":"retry"}],"#,
        r#""links":[{"traceId":"01010101010101010101010101010101","spanId":"0202020202020202","flags":1}],"#,
        r#""status":{"message":"no disk","code":2}}]}]}]}"#
    );
    assert_eq!(text(&schema::TRACES, &request), expected);
}

#[test]
fn a_value_has_the_name_of_its_type() {
    use any_value::Value;

    let array =
        ArrayValue { values: vec![value(Value::IntValue(1)), value(Value::BoolValue(false))] };
    let list = KeyValueList { values: vec![key_value("k", Value::StringValue(String::new()))] };
    let request = span_with(vec![
        key_value("a", Value::IntValue(i64::MIN)),
        key_value("b", Value::DoubleValue(0.1)),
        key_value("c", Value::DoubleValue(f64::NAN)),
        key_value("d", Value::DoubleValue(f64::NEG_INFINITY)),
        key_value("e", Value::DoubleValue(1e300)),
        key_value("f", Value::BytesValue(vec![0xff, 0xfe])),
        key_value("g", Value::ArrayValue(array)),
        key_value("h", Value::KvlistValue(list)),
        KeyValue { key: "i".to_owned(), value: Some(AnyValue::default()), ..KeyValue::default() },
    ]);
    let expected = [
        r#"{"key":"a","value":{"intValue":"-9223372036854775808"}}"#,
        r#"{"key":"b","value":{"doubleValue":0.1}}"#,
        r#"{"key":"c","value":{"doubleValue":"NaN"}}"#,
        r#"{"key":"d","value":{"doubleValue":"-Infinity"}}"#,
        r#"{"key":"e","value":{"doubleValue":1e300}}"#,
        r#"{"key":"f","value":{"bytesValue":"//4="}}"#,
        r#"{"key":"g","value":{"arrayValue":{"values":[{"intValue":"1"},{"boolValue":false}]}}}"#,
        r#"{"key":"h","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":""}}]}}}"#,
        r#"{"key":"i","value":{}}"#,
    ];
    let json = text(&schema::TRACES, &request);
    assert_eq!(attributes_of(&json), expected.join(","));
}

#[test]
fn the_lists_of_a_metric_are_arrays() {
    let exemplar = Exemplar {
        time_unix_nano: 9,
        span_id: vec![1; 8],
        trace_id: vec![2; 16],
        value: Some(exemplar::Value::AsInt(-3)),
        ..Exemplar::default()
    };
    let gauge = metric::Data::Gauge(Gauge {
        data_points: vec![NumberDataPoint {
            time_unix_nano: 5,
            value: Some(number_data_point::Value::AsInt(-1)),
            exemplars: vec![exemplar],
            ..NumberDataPoint::default()
        }],
    });
    let histogram = metric::Data::Histogram(Histogram {
        data_points: vec![HistogramDataPoint {
            count: 3,
            sum: Some(0.0),
            bucket_counts: vec![1, 2],
            explicit_bounds: vec![0.5],
            min: Some(-1.0),
            ..HistogramDataPoint::default()
        }],
        aggregation_temporality: 2,
    });
    let exponential = metric::Data::ExponentialHistogram(ExponentialHistogram {
        data_points: vec![ExponentialHistogramDataPoint {
            scale: -2,
            zero_count: 1,
            positive: Some(Buckets { offset: -300, bucket_counts: vec![1, 300] }),
            ..ExponentialHistogramDataPoint::default()
        }],
        aggregation_temporality: 1,
    });
    let named = |(name, data): (&str, metric::Data)| Metric {
        name: name.to_owned(),
        data: Some(data),
        ..Metric::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics: [("g", gauge), ("h", histogram), ("e", exponential)].map(named).into(),
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    let expected = concat!(
        r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":["#,
        r#"{"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"5","asInt":"-1","exemplars":["#,
        r#"{"timeUnixNano":"9","asInt":"-3","spanId":"0101010101010101","#,
        r#""traceId":"02020202020202020202020202020202"}]}]}},"#,
        r#"{"name":"h","histogram":{"dataPoints":[{"count":"3","sum":0.0,"bucketCounts":["1","2"],"#,
        r#""explicitBounds":[0.5],"min":-1.0}],"aggregationTemporality":2}},"#,
        r#"{"name":"e","exponentialHistogram":{"dataPoints":[{"scale":-2,"zeroCount":"1","#,
        r#""positive":{"offset":-300,"bucketCounts":["1","300"]}}],"aggregationTemporality":1}}"#,
        r#"]}]}]}"#
    );
    assert_eq!(text(&schema::METRICS, &request), expected);
}

#[test]
fn values_that_are_nested_too_deeply_are_an_error() {
    let mut nested = value(any_value::Value::BoolValue(true));
    for _ in 0..60 {
        nested = value(any_value::Value::ArrayValue(ArrayValue { values: vec![nested] }));
    }
    let attribute = KeyValue { value: Some(nested), ..KeyValue::default() };
    let request = span_with(vec![attribute]).encode_to_vec();
    let error = traces(&request).unwrap_err();
    assert!(error.to_string().contains("nested too deeply"), "{error}");
}

proptest! {
    #[test]
    fn bytes_that_are_not_a_request_are_an_error_or_json(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for encode in [traces, metrics, logs] {
            if let Ok(json) = encode(&bytes) {
                let parsed = serde_json::from_slice::<serde_json::Value>(&json);
                prop_assert!(parsed.is_ok(), "{:?}", json);
            }
        }
    }
}

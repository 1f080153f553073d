//! Tests each type of the file format, and mistakes with their positions.

use std::path::Path;

use opentelemetry::{Array, KeyValue, Value};

use super::*;
use crate::config::batch::NO_LIMIT;
use crate::config::{
    Compression, HistogramKind, MetricTemporality, OtlpProtocol, Propagator, ResourceDetector,
    Sampler, Signal,
};

fn variable(name: &str) -> Option<String> {
    let value = match name {
        "RATIO" => "0.25",
        "ENDPOINT" => "http://collector:4318",
        "KEY" => "abc",
        "QUEUE" => "0x400",
        "DISABLED" => "true",
        "REFERENCE" => "${file:/etc/hostname}",
        "YAML" => "a\nfile_format: '2.0'",
        _ => return None,
    };
    Some(value.to_owned())
}

fn read(text: &str) -> Result<Parsed, Error> {
    parse(text, &TelemetryConfig::new("base"), &variable)
}

fn try_parse(text: &str) -> Result<Parsed, Error> {
    read(&format!("file_format: '1.0'\n{text}"))
}

fn config(text: &str) -> TelemetryConfig {
    let Parsed { config, warning } = try_parse(text).unwrap();
    assert_eq!(warning, "", "{text}");
    config
}

/// Returns the warning, which lists the unsupported parts.
fn unsupported(text: &str) -> String {
    try_parse(text).unwrap().warning
}

fn error(text: &str) -> String {
    try_parse(text).unwrap_err().to_string()
}

fn spans(exporter: &str) -> String {
    format!("tracer_provider:\n  processors:\n    - batch: {{exporter: {exporter}}}\n")
}

fn sampled_by(sampler: &str) -> (Option<Sampler>, Option<f64>) {
    let text = spans("{console: }") + "  sampler: " + sampler;
    let sampling = config(&text).sampling;
    (sampling.sampler, sampling.sampler_arg)
}

#[test]
fn a_signal_without_a_provider_is_not_exported() {
    let empty = config("");
    let none = Some(vec![ExporterKind::None]);
    assert_eq!(
        [&empty.exporters.traces, &empty.exporters.metrics, &empty.exporters.logs],
        [&none; 3]
    );
    assert!(empty.enabled);
    assert!(empty.propagators.is_empty());
    assert_eq!(empty.resource_attributes.service_name, "base");
    assert!(!config("disabled: ${DISABLED}").enabled);
    assert!(config("disabled:\nlog_level: INFO2\nattribute_limits:").enabled);
}

#[test]
fn the_version_is_checked_first() {
    let broken = read("file_format: '1.0'\nunknown: [1").unwrap_err().to_string();
    assert!(broken.contains("not YAML"), "{broken}");
    let mistake = |format: &str| {
        read(&format!("file_format: {format}\ndisabled: perhaps")).unwrap_err().to_string()
    };
    for version in ["'0.3'", "'2.0'", "1", "'1.'", "'1.0-rc.1'", "'1.0.0'", "one"] {
        let found = version.trim_matches('\'');
        assert_eq!(
            mistake(version),
            format!(
                "telemetry configuration: line 1, column 14: file_format: expected `1.0` or `1.1`, found `{found}`"
            )
        );
    }
    assert!(mistake("").contains("file_format: is missing"));
    let empty = read("").unwrap_err().to_string();
    assert!(empty.ends_with("line 1, column 1: file_format: is missing"));
    for version in ["1.0", "'1.1'", "'1.2'"] {
        assert_eq!(read(&format!("file_format: {version}")).unwrap().warning, "");
    }
}

#[test]
fn an_empty_service_name_is_replaced_by_the_default() {
    let read = |name: &str| {
        try_parse(&format!("resource: {{attributes: [{{name: service.name, value: '{name}'}}]}}"))
    };
    for empty in ["", "${NOT_SET}"] {
        let Parsed { config, warning } = read(empty).unwrap();
        assert_eq!(config.resource_attributes.service_name, "base");
        assert!(warning.contains("resource.attributes.0.value: the name is empty"), "{warning}");
    }
    let long = read(&"n".repeat(129)).unwrap_err().to_string();
    assert!(long.contains("expected 1 to 128 characters, found 129"), "{long}");
}

#[test]
fn otlp_exporters_have_their_settings() {
    let config = config(
        "tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${ENDPOINT}/v1/traces
            tls: {ca_file: /ca.pem, key_file: /key.pem, cert_file: /cert.pem}
            headers: [{name: Api-Key, value: '${KEY}'}, {name: ignored, value: }]
            headers_list: api-key=replaced,tenant=a%20b
            compression: gzip
            timeout: 0
            encoding: protobuf",
    );
    assert_eq!(config.exporters.traces, Some(vec![ExporterKind::Otlp]));
    let otlp = &config.otlp.traces;
    assert_eq!(otlp.endpoint.as_deref(), Some("http://collector:4318/v1/traces"));
    assert_eq!(otlp.protocol, Some(OtlpProtocol::Http));
    assert_eq!(otlp.compression, Some(Compression::Gzip));
    assert_eq!(otlp.timeout_millis, Some(NO_LIMIT));
    assert_eq!(otlp.certificate.as_deref(), Some(Path::new("/ca.pem")));
    assert_eq!(otlp.client_certificate.as_deref(), Some(Path::new("/cert.pem")));
    assert_eq!(otlp.client_key.as_deref(), Some(Path::new("/key.pem")));
    let headers: Vec<_> =
        otlp.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    assert_eq!(headers, [("api-key", "abc"), ("tenant", "a b")]);
}

#[test]
fn each_signal_has_default_endpoints_and_further_ones() {
    let processors = "[{batch: {exporter: {otlp_http: }}}, {batch: {exporter: {otlp_grpc: {tls: {insecure: true}, endpoint: 'second:4317'}}}}, {simple: {exporter: {console: }}}]";
    let config = config(&format!(
        "tracer_provider: {{processors: {processors}}}\nlogger_provider: {{processors: {processors}}}\nmeter_provider: {{readers: [{{periodic: {{exporter: {{otlp_grpc: {{endpoint: 'third:4317'}}}}}}}}]}}"
    ));
    for signal in [Signal::Traces, Signal::Logs] {
        let own = config.otlp.signal(signal);
        let endpoint = format!("http://localhost:4318/v1/{}", signal.as_str());
        assert_eq!(own.endpoint, Some(endpoint));
        assert_eq!(own.protocol, Some(OtlpProtocol::Http));
    }
    let chosen = Some(vec![ExporterKind::Otlp, ExporterKind::Console]);
    assert_eq!([&config.exporters.traces, &config.exporters.logs], [&chosen; 2]);
    let additional: Vec<_> = config
        .otlp
        .additional
        .iter()
        .map(|(signal, options)| (*signal, options.endpoint.as_deref(), options.protocol))
        .collect();
    let second = Some("http://second:4317");
    let grpc = Some(OtlpProtocol::Grpc);
    assert_eq!(additional, [(Signal::Traces, second, grpc), (Signal::Logs, second, grpc)]);
    // Without `insecure`, an endpoint without a scheme is encrypted.
    assert_eq!(config.otlp.metrics.endpoint.as_deref(), Some("https://third:4317"));
}

#[test]
fn processors_and_limits_of_spans() {
    let text = "attribute_limits: {attribute_value_length_limit: 10, attribute_count_limit: 20}
tracer_provider:
  processors:
    - batch: {schedule_delay: 0, export_timeout: 0, max_queue_size: '${QUEUE}', max_export_batch_size: 7, exporter: {console: {}}}
  limits: {attribute_value_length_limit: , attribute_count_limit: 21}";
    let config = config(text);
    let batch = config.batch_processor;
    assert_eq!((batch.max_queue_size, batch.max_export_batch_size), (1024, 7));
    assert_eq!((batch.schedule_delay_millis, batch.export_timeout_millis), (1, NO_LIMIT));
    let limits = config.limits;
    assert_eq!(limits.attribute_value_length, Some(10));
    assert_eq!(limits.attribute_count, 21);
    assert_eq!(config.sampling.sampler, Some(Sampler::ParentBasedAlwaysOn));
    let simple = try_parse(
        "tracer_provider: {processors: [{batch: {exporter: {console: }, max_queue_size: 100}}]}",
    );
    assert_eq!(simple.unwrap().config.batch_processor.max_export_batch_size, 100);
}

#[test]
fn samplers() {
    for (sampler, expected, ratio) in [
        ("{always_on: }", Sampler::AlwaysOn, None),
        ("{always_off: {}}", Sampler::AlwaysOff, None),
        ("{trace_id_ratio_based: {ratio: '${RATIO}'}}", Sampler::TraceIdRatio, Some(0.25)),
        ("{trace_id_ratio_based: }", Sampler::TraceIdRatio, Some(1.0)),
        ("{probability/development: {ratio: 0.5}}", Sampler::TraceIdRatio, Some(0.5)),
        ("{composite: {probability: {ratio: 0.5}}}", Sampler::TraceIdRatio, Some(0.5)),
        (
            "{composite: {parent_threshold: {root: {always_off: }}}}",
            Sampler::ParentBasedAlwaysOff,
            None,
        ),
        ("{parent_based: }", Sampler::ParentBasedAlwaysOn, None),
        (
            "{parent_based: {root: {always_off: }, remote_parent_sampled: {always_on: }, remote_parent_not_sampled: {always_off: }, local_parent_sampled: {always_on: }, local_parent_not_sampled: {always_off: }}}",
            Sampler::ParentBasedAlwaysOff,
            None,
        ),
        (
            "{parent_based: {root: {trace_id_ratio_based: {ratio: 0}}}}",
            Sampler::ParentBasedTraceIdRatio,
            Some(0.0),
        ),
    ] {
        assert_eq!(sampled_by(sampler), (Some(expected), ratio), "{sampler}");
    }
    for (sampler, message) in [
        ("{trace_id_ratio_based: {ratio: 2}}", "2 is not a ratio, expected 0.0 to 1.0"),
        ("{always_on: , always_off: }", ", found 2"),
        ("always_on", "tracer_provider.sampler: expected a mapping, found a text"),
    ] {
        let error = error(&(spans("{console: }") + "  sampler: " + sampler));
        assert!(error.contains(message), "{sampler}: {error}");
    }
}

#[test]
fn readers_of_metrics() {
    let text = "meter_provider:
  readers:
    - periodic:
        interval: 5000
        timeout: 0
        exporter:
          otlp_http: {temporality_preference: low_memory, default_histogram_aggregation: base2_exponential_bucket_histogram}";
    let config = config(text);
    let metrics = &config.metrics;
    assert_eq!((metrics.export_interval_millis, metrics.export_timeout_millis), (5000, NO_LIMIT));
    assert_eq!(
        (metrics.temporality, metrics.histograms),
        (MetricTemporality::LowMemory, HistogramKind::Exponential)
    );
    assert_eq!(config.exporters.metrics, Some(vec![ExporterKind::Otlp]));
}

#[test]
fn the_resource_and_the_propagators() {
    let text = "resource:
  attributes:
    - {name: service.name, value: orders}
    - {name: text, value: 1.20, type: string}
    - {name: bool, value: true, type: bool}
    - {name: int, value: '${QUEUE}', type: int}
    - {name: double, value: 1.5, type: double}
    - {name: texts, value: [a, b], type: string_array}
    - {name: bools, value: [true, false], type: bool_array}
    - {name: ints, value: [1, 2], type: int_array}
    - {name: doubles, value: [1.5, 2], type: double_array}
    - {name: nothing, value: }
  attributes_list: service.version=1.2,service.name=replaced,int=replaced
propagator: {composite: [{tracecontext: }, {baggage: {}}], composite_list: 'baggage,none'}";
    let config = config(text);
    let strings = vec![opentelemetry::StringValue::from("a"), "b".into()];
    let mut attributes = config.resource_attributes.to_otel_dict();
    attributes.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(
        attributes,
        [
            KeyValue::new("bool", true),
            KeyValue::new("bools", Value::Array(Array::Bool(vec![true, false]))),
            KeyValue::new("double", 1.5),
            KeyValue::new("doubles", Value::Array(Array::F64(vec![1.5, 2.0]))),
            KeyValue::new("int", 1024),
            KeyValue::new("ints", Value::Array(Array::I64(vec![1, 2]))),
            KeyValue::new("service.name", "orders"),
            KeyValue::new("service.version", "1.2"),
            KeyValue::new("text", "1.20"),
            KeyValue::new("texts", Value::Array(Array::String(strings))),
        ]
    );
    assert_eq!(config.propagators, [Propagator::TraceContext, Propagator::Baggage]);
}

#[test]
fn attributes_are_printed_as_they_are_exported() {
    let config = config(
        "resource: {attributes: [{name: api_keys, value: [opaque], type: string_array}, {name: pin, value: 4815, type: int}, {name: cores, value: 16, type: int}]}",
    );
    let text = format!("{config:?}");
    assert!(!text.contains("opaque"), "{text}");
    assert!(!text.contains("4815"), "{text}");
    assert!(text.contains("16"), "{text}");
}

#[test]
fn other_propagators() {
    let text = "propagator: {composite: [{b3: }, {b3multi: }], composite_list: 'baggage, b3'}";
    let propagators = config(text).propagators;
    assert_eq!(propagators, [Propagator::B3, Propagator::B3Multi, Propagator::Baggage]);
}

#[test]
fn unsupported_parts_are_one_warning_with_their_places() {
    let text = "logger_provider:
  processors: [{batch: {exporter: {console: }}}]
  limits: {attribute_value_length_limit: 4096, attribute_count_limit: 129}
meter_provider:
  readers: [{periodic: {exporter: {console: }, producers: [{opencensus: }]}}, {periodic: {exporter: {console: }, interval: 3}}]
tracer_provider:
  processors: [{batch: {exporter: {console: }}}, {batch: {schedule_delay: 1, exporter: {otlp_grpc: }}}]
  limits: {attribute_count_limit: 100000}
resource: {}
instrumentation/development: {general: {http: {}}, java: {a: b}, rust: {a: b}}
distribution: {floe: {}}
log_level: loud
anchors: {}";
    let warning = unsupported(text);
    let lines: Vec<_> = warning.lines().collect();
    assert_eq!(lines[0], "not supported, and ignored:");
    for path in [
        "line 4, column 3: logger_provider.limits: unknown key, expected `processors`",
        "meter_provider.readers.0.periodic.producers",
        "meter_provider.readers.1.periodic: all readers use the interval and the timeout of the first",
        "tracer_provider.processors.1.batch: all exporters of the signal use the settings of the first",
        "tracer_provider.limits.attribute_count_limit: at most 65536",
        "line 11, column 1: instrumentation/development: unknown key, expected `file_format`",
        "distribution: unknown key",
        "anchors: unknown key",
    ] {
        assert_eq!(lines.iter().filter(|line| line.contains(path)).count(), 1, "{path}\n{warning}");
    }
    assert_eq!(lines.len(), 9, "{warning}");
}

/// The rest of the file applies, even if the ignored component is the only one of its kind.
#[test]
fn a_component_of_other_programs_leaves_the_rest_as_it_is() {
    for provider in ["tracer_provider", "logger_provider"] {
        let text = format!(
            "{provider}: {{processors: [{{inferred_spans/development: {{a: 1}}}}, {{batch: {{exporter: {{console: }}}}}}]}}"
        );
        let Parsed { config, warning } = try_parse(&text).unwrap();
        let expected = format!(
            "not supported, and ignored:\n  line 2, column 33: {provider}.processors.0.inferred_spans/development: expected \
             `batch` or `simple`, found `inferred_spans`"
        );
        assert_eq!(warning, expected);
        let exporters = [config.exporters.traces, config.exporters.logs];
        assert!(exporters.contains(&Some(vec![ExporterKind::Console])), "{exporters:?}");
    }
    let alone = "tracer_provider: {processors: [{severity_based: }]}
propagator: {composite: [{ottrace: }, {b3: }]}
meter_provider: {readers: [{pull: {exporter: {jmx: }}}]}";
    let Parsed { config, warning } = try_parse(alone).unwrap();
    assert_eq!(warning.lines().count(), 4, "{warning}");
    assert_eq!(config.exporters.traces, Some(vec![ExporterKind::None]));
    assert_eq!(config.propagators, [Propagator::B3]);
}

/// The crates of this test register neither the exporter nor the detector.
#[test]
fn a_component_of_a_crate_that_is_not_linked_names_the_crate() {
    let text = "tracer_provider: {processors: [{simple: {exporter: {otlp_file/development: {output_stream: stdout}}}}]}
resource: {detection/development: {detectors: [{container: }, {service: }, {host: }, {host: }]}}";
    let Parsed { config, warning } = try_parse(text).unwrap();
    for line in [
        "line 2, column 53: tracer_provider.processors.0.simple.exporter.otlp_file/development: found `otlp_file`, which needs the crate `floe-telemetry-otlp-file`",
        "line 3, column 49: resource.detection/development.detectors.0.container: found `container`, which needs the crate `floe-telemetry-detectors`",
    ] {
        assert!(warning.contains(line), "{warning}\n{line}");
    }
    assert_eq!(warning.lines().count(), 3, "{warning}");
    assert_eq!(config.detectors, [ResourceDetector::Host]);
    assert_eq!(config.exporters.traces, Some(vec![ExporterKind::None]));
}

/// A similar name may be misspelled or belong to another program, so only this component is ignored.
#[test]
fn a_component_with_a_similar_name_is_ignored_alone() {
    let text = "tracer_provider: {processors: [{bacth: {a: 1}}, {simple: {exporter: {consoles: }}}, {simple: {exporter: {console: }}}]}
propagator: {composite: [{b33: }, {b3: }], composite_list: 'bagage,baggage'}
meter_provider: {readers: [{pul: {exporter: {jmx: }}}, {periodic: {exporter: {otlp_htp: }}}, {periodic: {exporter: {console: }}}]}
tracer_provder: {}";
    let Parsed { config, warning } = try_parse(text).unwrap();
    for line in [
        "line 2, column 33: tracer_provider.processors.0.bacth: expected `batch` or `simple`, found `bacth`; did you mean `batch`?",
        "line 2, column 70: tracer_provider.processors.1.simple.exporter.consoles: expected `otlp_http`, `otlp_grpc`, `console` or `otlp_file`, found `consoles`; did you mean `console`?",
        "line 3, column 27: propagator.composite.0.b33: expected `tracecontext`, `baggage`, `b3`, `b3multi` or `none`, found `b33`; did you mean `b3`?",
        "line 3, column 60: propagator.composite_list: expected `tracecontext`, `baggage`, `b3`, `b3multi` or `none`, found `bagage`; did you mean `baggage`?",
        "line 4, column 29: meter_provider.readers.0.pul: expected `periodic` or `pull`, found `pul`; did you mean `pull`?",
        "line 5, column 1: tracer_provder: unknown key; did you mean `tracer_provider`?",
        "meter_provider.readers.1.periodic.exporter.otlp_htp: expected `otlp_http`, `otlp_grpc`, `console` or `otlp_file`, found `otlp_htp`; did you mean `otlp_http`?",
    ] {
        assert!(warning.contains(line), "{warning}\n{line}");
    }
    assert_eq!(warning.lines().count(), 8, "{warning}");
    let console = Some(vec![ExporterKind::Console]);
    assert_eq!([&config.exporters.traces, &config.exporters.metrics], [&console; 2]);
    assert_eq!(config.propagators, [Propagator::B3, Propagator::Baggage]);
    let many: Vec<_> = (0..200).map(|n| format!("x{n}: 1")).collect();
    assert!(unsupported(&many.join("\n")).ends_with("and 100 more"));
}

#[test]
fn variables_are_values_and_never_keys() {
    let text = "resource: {attributes: [{name: service.version, value: '${YAML}'}]}";
    let version = config(text).resource_attributes.service_version;
    assert_eq!(version.as_deref(), Some("a\nfile_format: '2.0'"));
    let error = error(&spans("{otlp_http: {headers: [{name: a, value: '${REFERENCE}'}]}}"));
    let expected = "otlp_http: the value of `a` begins with `${` after the variables were replaced, \
                    expected a credential";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn substitution_is_bounded() {
    // Replacing each reference would make 20 GB.
    let big = |_: &str| Some("x".repeat(100_000));
    let one = format!("['{}']", "${A} ".repeat(200_000));
    let many = format!("['{}']", "${A}', '".repeat(9_000));
    for list in [one, many] {
        let text = format!("file_format: '1.0'\nanchors: {list}");
        let error = parse(&text, &TelemetryConfig::new("base"), &big).unwrap_err();
        assert!(error.to_string().contains("bytes of values"), "{error}");
    }
}

#[test]
fn the_report_of_mistakes_is_bounded_and_redacted() {
    let secret = "https://shop:hunter2XyZ77@";
    let value = format!("{}{secret}{}", "x ".repeat(1_010), "y".repeat(3_000));
    let text = format!(
        "tracer_provider: {{processors: [{{batch: {{exporter: {{console: }}, max_queue_size: '{value}'}}}}]}}"
    );
    let error = error(&text);
    assert!(error.len() < 10_000, "{}", error.len());
    assert!(!error.contains("hunter2XyZ77"), "{}", error.len());
}

/// Comments are ignored even if another crate of this workspace enables the parser's feature for comments.
#[test]
fn comments_are_ignored_everywhere() {
    let text = "# first
resource: # behind a key
  # before a key
  attributes_list: a=b # behind a value
  attributes:
    # before an item
    - name: b
      value: # behind a key without a value
    - {name: c, value: d}
# last
propagator: {composite: [ # in a list
  {tracecontext: }]} # at the end";
    let config = config(text);
    let attributes = config.resource_attributes.additional;
    assert_eq!((&*attributes["a"], &*attributes["c"], attributes.len()), ("b", "d", 2));
    assert_eq!(config.propagators, [Propagator::TraceContext]);
}

//! The effective configuration with the source of each value.

use std::fmt::Write as _;

use floe_telemetry::config::TelemetryAuth;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, init, init_with};
use floe_tests::{document, program};

const OURS: &str = "resource_attributes: {service_name: orders}
otlp_endpoint: http://document:4317
limits: {attribute_count: 7}
authentication: {auth_type: bearer, bearer_token: hunter2}
sampling: {sampler: always_off}
propagators: [b3, baggage]
";

/// Returns the lines about these settings.
fn lines_of<'a>(text: &'a str, paths: &[&str]) -> Vec<&'a str> {
    let lines = text.lines().map(|line| line.trim_start_matches("info: "));
    let is_of = |line: &&str| paths.iter().any(|path| line.starts_with(&format!("{path} ")));
    lines.filter(is_of).collect()
}

/// The settings that `the_effective_source_and_the_ignored_ones_are_named` compares, and the refused ones.
const EXPLAINED: &[&str] = &[
    "authentication.bearer_token",
    "batch_processor.max_queue_size",
    "batch_processor.schedule_delay_millis",
    "exporters.traces",
    "limits.attribute_count",
    "otlp_endpoint",
    "propagators.0",
    "resource_attributes.additional.team",
    "resource_attributes.service_name",
    "resource_attributes.service_version",
    "sampling.sampler",
    "sampling.filter",
    "left",
];

#[test]
fn the_effective_source_and_the_ignored_ones_are_named() {
    let program = program!({
        let mut config = TelemetryConfig::from_env().unwrap();
        config.otlp_endpoint = Some("http://code:4317".to_owned());
        // The mask is the same.
        config.authentication = Some(TelemetryAuth::bearer("hunter22"));
        config.batch_processor.max_queue_size = 2048;
        config.limits.attribute_count = 10;
        config.exporters.traces = None;
        print!("\nchild:\n{config}");
    });
    let written = document(OURS);
    let file = written.path().to_str().unwrap();
    let (stdout, stderr) = program.run(&[
        ("FLOE_CONFIG_FILE", file),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://variable:4317"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "8"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "9"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=one,service.version=2,team=a%1B%0Db"),
        ("OTEL_SERVICE_NAME", "two"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "4096"),
        // Code has removed it.
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_PROPAGATORS", "tracecontext"),
        ("OTEL_TRACES_SAMPLER", "alway_on"),
        ("FLOE_SPAN_FILTER", "info, orders::db=DEBUG"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "client.pem"),
        // In place of its path.
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "MC4CAQAwBQYDK2Vw\nBCIEIAhunter2"),
    ]);
    assert!(!stdout.contains("hunter2"), "{stdout}{stderr}");
    let expected = format!(
        "authentication.bearer_token = ********** (code; ignored: line 4, column 51 of `{file}`)
batch_processor.max_queue_size = 2048 (code; ignored: `OTEL_BSP_MAX_QUEUE_SIZE`)
batch_processor.schedule_delay_millis = 5000 (default)
limits.attribute_count = 10 (code; ignored: `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_ATTRIBUTE_COUNT_LIMIT`, line 3, column 27 of `{file}`)
otlp_endpoint = http://code:4317 (code; ignored: `OTEL_EXPORTER_OTLP_ENDPOINT`, line 2, column 16 of `{file}`)
propagators.0 = tracecontext (`OTEL_PROPAGATORS`; ignored: line 6, column 15 of `{file}`)
resource_attributes.additional.team = a  b (`OTEL_RESOURCE_ATTRIBUTES`)
resource_attributes.service_name = two (`OTEL_SERVICE_NAME`; ignored: `OTEL_RESOURCE_ATTRIBUTES`, line 1, column 37 of `{file}`)
resource_attributes.service_version = 2 (`OTEL_RESOURCE_ATTRIBUTES`)
sampling.filter = info,orders::db=debug (`FLOE_SPAN_FILTER`)
sampling.sampler = always_off (line 5, column 21 of `{file}`)"
    );
    let (_, stdout) = stdout.split_once("child:\n").unwrap();
    let mut found = lines_of(stdout, EXPLAINED);
    let refused = found.pop().unwrap();
    assert_eq!(found.join("\n"), expected);
    assert!(
        refused.starts_with("left out: OTEL_TRACES_SAMPLER: expected `always_on`, "),
        "{refused}"
    );
}

#[test]
fn a_variable_prints_the_configuration_of_opentelemetry() {
    let program = program!({
        drop(init().unwrap());
    });
    let written = document(
        "file_format: '1.0'
resource: {attributes: [{name: service.name, value: orders}], detection/development: {detectors: [{service: }]}}
tracer_provider:
  processors:
    - batch: {max_queue_size: 100, exporter: {otlp_http: {endpoint: 'http://localhost:1/v1/traces', timeout: 100}}}
  sampler: {always_off: }
",
    );
    let file = written.path().to_str().unwrap();
    let (_, stderr) = program.run(&[
        ("OTEL_CONFIG_FILE", file),
        ("FLOE_EXPLAIN_CONFIG", "true"),
        ("FLOE_LOG_LEVEL", "off"),
    ]);
    let paths = [
        "batch_processor.max_queue_size",
        "exporters.logs.0",
        "exporters.traces.0",
        "logging.log_level",
        "otlp.traces.endpoint",
        "otlp.traces.protocol",
        "otlp.traces.timeout_millis",
        "resource_attributes.service_name",
        "sampling.sampler",
    ];
    let expected = format!(
        "batch_processor.max_queue_size = 100 (line 5, column 7 of `{file}`)
exporters.logs.0 = none (line 1, column 1 of `{file}`)
exporters.traces.0 = otlp (line 4, column 3 of `{file}`)
logging.log_level = off (`FLOE_LOG_LEVEL`)
otlp.traces.endpoint = http://localhost:1/v1/traces (line 5, column 69 of `{file}`)
otlp.traces.protocol = http (line 5, column 47 of `{file}`)
otlp.traces.timeout_millis = 100 (line 5, column 110 of `{file}`)
resource_attributes.service_name = orders (line 2, column 25 of `{file}`)
sampling.sampler = always_off (line 6, column 12 of `{file}`)"
    );
    assert_eq!(lines_of(&stderr, &paths).join("\n"), expected);
    let (_, stderr) =
        program.run(&[("OTEL_CONFIG_FILE", "/missing"), ("FLOE_EXPLAIN_CONFIG", "true")]);
    assert_eq!(lines_of(&stderr, &["enabled"]), ["enabled = false (`OTEL_CONFIG_FILE`)"]);
    assert!(!stderr.contains("(code)"), "{stderr}");
}

/// A program's own value of a filter precedes the variable, and a change for a terminal is not one of code.
#[test]
fn a_filter_of_code_precedes_its_variable() {
    let program = program!({
        let mut config = TelemetryConfig::new("orders");
        config.logging.log_level = "WARN".to_owned();
        drop(init_with(config).unwrap());
    });
    let (_, stderr) = program.run(&[
        ("FLOE_EXPLAIN_CONFIG", "true"),
        ("FLOE_LOG_LEVEL", "debug"),
        ("FLOE_LOG_JSON", "no"),
    ]);
    let paths = [
        "exporters.traces.0",
        "logging.json_output",
        "logging.log_level",
        "resource_attributes.service_name",
    ];
    assert_eq!(
        lines_of(&stderr, &paths),
        [
            "exporters.traces.0 = none (default)",
            "logging.json_output = false (`FLOE_LOG_JSON`)",
            "logging.log_level = WARN (code; ignored: `FLOE_LOG_LEVEL`)",
            "resource_attributes.service_name = orders (code)",
        ]
    );
}

/// A document of a megabyte is explained in a bounded number of lines.
#[test]
fn a_large_configuration_is_explained() {
    let mut text = "resource_attributes:\n  service_name: orders\n  additional:\n".to_owned();
    for number in 0..10_000 {
        writeln!(text, "    key.{number}: {number:090}").unwrap();
    }
    assert!(text.len() > 1_000_000);
    let config = TelemetryConfig::from_yaml(&text).unwrap();
    let lines = config.to_string();
    assert!(lines.contains("additional.key.0 = "), "{}", lines.len());
    assert!(lines.contains(" (line 4, column 12)\n"), "{}", lines.len());
    assert_eq!(lines.lines().count(), 2001);
    let last = lines.lines().last().unwrap();
    assert!(last.starts_with("and "), "{last}");
    assert!(last.ends_with(" more"), "{last}");
}

/// Code that sets a value between two readings stays its source, unless a variable sets it again.
#[test]
fn code_between_two_readings_is_remembered() {
    let program = program!({
        let mut config =
            TelemetryConfig::from_yaml("resource_attributes: {service_name: a}").unwrap();
        config.otlp_endpoint = Some("http://code:4317".to_owned());
        config.batch_processor.max_queue_size = 9;
        config.batch_processor.max_export_batch_size = 1;
        config.apply_env().unwrap();
        let telemetry = TelemetryProvider::builder(config.clone())
            .with_span_exporter(floe_telemetry::exporter::MemoryExporter::new());
        print!("\nchild:\n{}", telemetry.config());
    });
    let (stdout, _) = program.run(&[("OTEL_BSP_MAX_QUEUE_SIZE", "10")]);
    assert_eq!(
        lines_of(
            &stdout,
            &[
                "batch_processor.max_queue_size",
                "otlp_endpoint",
                "resource_attributes.service_name"
            ]
        ),
        [
            "batch_processor.max_queue_size = 10 (`OTEL_BSP_MAX_QUEUE_SIZE`; ignored: code)",
            "otlp_endpoint = http://code:4317 (code)",
            "resource_attributes.service_name = a (line 1, column 37)",
        ]
    );
}

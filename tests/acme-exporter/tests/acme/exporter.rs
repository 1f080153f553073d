//! The configuration selects an exporter of another crate by its name.

use floe_telemetry::config::{ExporterKind, ExportersConfig, Signal};
use floe_telemetry::exporter::{ExporterFactory, telemetry_exporter};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_tests::{TIMEOUT, program};
use floe_tests_acme_exporter::ARCHIVE;

const NOT_LINKED: &str = "found `prometheus`, which needs the crate `floe-telemetry-prometheus` and the line `use floe_telemetry_prometheus as _;`";

const TWIN: ExporterFactory = ExporterFactory::new("twin", &[Signal::Metrics], |_, it| Ok(it));

telemetry_exporter!(TWIN);
telemetry_exporter!(TWIN);

#[traced(name = "orders.load")]
fn load() {}

#[test]
fn an_exporter_of_another_crate_is_chosen_by_its_name() {
    let program = program!({
        let mut config = TelemetryConfig::new("orders");
        config.apply_env().unwrap();
        let exporters = &config.exporters;
        let names = exporters.traces.as_ref().unwrap();
        assert_eq!(names[0].as_str(), "acme_archive");
        for left_out in [&exporters.metrics, &exporters.logs] {
            assert_eq!(left_out.as_ref().unwrap()[0].as_str(), "none");
        }
        let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        load();
        telemetry.shutdown(TIMEOUT).unwrap();
        assert_eq!(ARCHIVE.spans()[0].name, "orders.load");
    });
    let (_, warnings) = program.run(&[
        ("OTEL_TRACES_EXPORTER", "acme_archive"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_LOGS_EXPORTER", "acme_archive"),
    ]);
    // A variable applies to many programs, so none of these mistakes prevents a start.
    assert!(warnings.contains(NOT_LINKED), "{warnings}");
    assert!(warnings.contains("OTEL_LOGS_EXPORTER"), "{warnings}");
}

#[test]
fn a_document_names_the_exporter_as_any_other() {
    let config = |exporters: &str| {
        let yaml =
            format!("resource_attributes: {{service_name: orders}}\nexporters: {{{exporters}}}");
        TelemetryConfig::from_yaml(&yaml)
    };

    let archive = config("traces: [acme_archive]").unwrap();
    let yaml = serde_json::to_string(&archive.exporters.traces).unwrap();
    assert_eq!(yaml, r#"["acme_archive"]"#);
    for (exporters, expected) in [
        (
            "traces: [acme_archiv]",
            "telemetry configuration: line 2, column 22: exporters.traces.0: expected `otlp`, `otlp/stdout`, `otlp_file`, `console`, `prometheus`, `none`, `acme_archive`, `hanging`, `settings` or `twin`, found `acme_archiv`; did you mean `acme_archive`?",
        ),
        (
            "logs: [acme_archive]",
            "telemetry configuration: line 2, column 19: exporters.logs: `acme_archive` does not export logs, expected `otlp`, `otlp/stdout`, `otlp_file`, `console` or `none`",
        ),
    ] {
        assert_eq!(config(exporters).unwrap_err().to_string(), expected);
    }
}

#[track_caller]
fn check(service: &str, exporters: ExportersConfig, expected: &str) {
    let mut config = TelemetryConfig::new(service);
    config.exporters = exporters;
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(error.is_config());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_unusable_parameter_is_one_clear_error() {
    let mut exporters = ExportersConfig::default();
    exporters.metrics = Some(vec![ExporterKind::Prometheus]);
    check("orders", exporters.clone(), &format!("exporters.metrics: {NOT_LINKED}"));
    let refused = TelemetryConfig::from_yaml(
        "{resource_attributes: {service_name: orders}, exporters: {traces: [acme_archive]}}",
    );

    check(
        "refused",
        refused.unwrap().exporters,
        "exporters.traces: `acme_archive`: no archive at token=<REDACTED>",
    );

    let twin = TelemetryConfig::from_yaml(
        "{resource_attributes: {service_name: orders}, exporters: {metrics: [twin]}}",
    );

    let file = file!();
    check(
        "orders",
        twin.unwrap().exporters,
        &format!(
            "exporters.metrics: expected different names, found `twin` twice, at {file}:13 and {file}:14"
        ),
    );
}

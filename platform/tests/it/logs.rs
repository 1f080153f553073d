//! The logs of a run: printed to standard error if enabled, and exported with the trace.

use floe_tests::Receiver;

use crate::product::Product;

const TEXT: [(&str, &str); 2] = [("FLOE_LOG_LEVEL", "info"), ("FLOE_LOG_JSON", "no")];

fn trace_id(stderr: &str) -> &str {
    let mut lines = stderr.lines();
    lines.find_map(|line| line.strip_prefix("trace    ")).unwrap()
}

#[test]
fn logs_are_printed_only_if_a_variable_enables_them() {
    let product = Product::shop();
    product.run().assert_ok();

    let output = product.floe("run", &["--trace"], &TEXT);
    output.assert_code(0);
    let complaints = output.complaints();
    let lines: Vec<_> = complaints.lines().collect();
    assert!(!output.stdout.contains("INFO"), "{}", output.stdout);
    assert!(lines[0].contains(" INFO  floe::compile: compiled sources=1 models=2 "), "{lines:?}");
    let built = lines.iter().filter(|line| line.contains(": built asset="));
    assert_eq!(built.count(), 3, "{lines:?}");
    let id = format!("trace_id={}", trace_id(&output.stderr));
    assert!(lines.iter().all(|line| line.contains(&id)), "{lines:?}");
}

#[test]
fn the_manifest_enables_logs_and_sets_their_format() {
    let product = Product::shop();
    product.append("manifest.yaml", "observability: { logging: { level: ERROR, format: json } }");
    product.write("models/totals.sql", "SELECT \"password=hunter2XyZ\" AS a");
    let output = product.floe("run", &["--trace"], &[]);
    let lines: Vec<_> = output.stderr.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{}", output.stderr);
    let line: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(line["event"], "not built");
    assert_eq!(line["level"], "error");
    assert_eq!(line["asset"], "totals");
    assert_eq!(line["floe.product.name"], "shop");
    assert_eq!(line["trace_id"], trace_id(&output.stderr));
    let error = line["error"].as_str().unwrap();
    assert!(error.contains("password=<REDACTED>"), "{error}");
}

#[test]
fn log_records_are_exported_with_the_trace() {
    let receiver = Receiver::http();
    let output =
        Product::shop().floe("run", &[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint())]);
    output.assert_ok();
    let logs = receiver.logs();
    let spans = receiver.spans();
    let built: Vec<_> = logs.iter().filter(|log| log.body == Some("built".into())).collect();
    assert_eq!(built.len(), 3, "{logs:#?}");
    for log in built {
        let span = spans.iter().find(|span| span.span_id == log.span_id).unwrap();
        let asset = &log.attributes["asset"];
        let floe_tests::Value::String(asset) = asset else {
            panic!("{asset:?}");
        };
        assert_eq!(span.name, format!("floe.asset.{asset}"));
        assert_eq!(log.trace_id, span.trace_id);
        assert_eq!(log.scope, "floe::pipeline::run");
        assert_eq!(log.resource, span.resource);
    }
}

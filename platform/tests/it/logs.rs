//! The logs of a run: on the standard error for whoever asks, and with the trace they belong to.

use floe_tests::Receiver;

use crate::product::Product;

const TEXT: [(&str, &str); 2] = [("FLOE_LOG_LEVEL", "info"), ("FLOE_LOG_JSON", "no")];

/// The id behind `trace ` in the picture.
fn trace_id(stdout: &str) -> &str {
    let line = stdout.lines().find(|line| line.starts_with("trace "));
    line.unwrap().split(' ').nth(1).unwrap()
}

#[test]
fn a_run_that_nobody_asks_says_nothing_and_one_that_is_asked_says_what_it_did() {
    let product = Product::shop();
    product.run().assert_ok();

    let said = product.floe("run", &[], &TEXT);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let lines: Vec<_> = said.stderr.lines().collect();
    assert!(!said.stdout.contains("INFO"), "{}", said.stdout);
    assert!(
        lines[0].contains(" INFO  floe::compile: compiled sources=1 models=2 "),
        "{lines:?}"
    );
    let built = lines.iter().filter(|line| line.contains(": built asset="));
    assert_eq!(built.count(), 3, "{lines:?}");
    let id = format!("trace_id={}", trace_id(&said.stdout));
    assert!(lines.iter().all(|line| line.contains(&id)), "{lines:?}");
}

#[test]
fn the_manifest_asks_too_and_says_how() {
    let product = Product::shop();
    product.append(
        "manifest.yaml",
        "observability: { logging: { level: ERROR, format: json } }",
    );
    product.write("models/totals.sql", "SELECT \"password=hunter2XyZ\" AS a");
    let said = product.run();
    let lines: Vec<_> = said
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    assert_eq!(lines.len(), 1, "{}", said.stderr);
    let line: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(line["event"], "not built");
    assert_eq!(line["level"], "error");
    assert_eq!(line["asset"], "totals");
    assert_eq!(line["floe.product.name"], "shop");
    assert_eq!(line["trace_id"], trace_id(&said.stdout));
    let error = line["error"].as_str().unwrap();
    assert!(error.contains("password=<REDACTED>"), "{error}");
}

#[test]
fn what_is_logged_goes_where_the_trace_goes() {
    let receiver = Receiver::grpc();
    let said = Product::shop().floe(
        "run",
        &[],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint())],
    );
    said.assert_ok();
    let (logs, spans) = (receiver.logs(), receiver.spans());
    let built: Vec<_> = logs
        .iter()
        .filter(|log| log.body == Some("built".into()))
        .collect();
    assert_eq!(built.len(), 3, "{logs:#?}");
    for log in built {
        let span = spans
            .iter()
            .find(|span| span.span_id == log.span_id)
            .unwrap();
        let asset = &log.attributes["asset"];
        let floe_tests::Value::String(asset) = asset else {
            panic!("{asset:?}");
        };
        assert_eq!(span.name, format!("dagster.asset.{asset}"));
        assert_eq!(log.trace_id, span.trace_id);
        assert_eq!(log.scope, "floe::pipeline::outcome");
        assert_eq!(log.resource, span.resource);
    }
}

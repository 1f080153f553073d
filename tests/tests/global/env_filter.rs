//! Filters by span and field.

use floe_telemetry::config::SamplingRule;
use floe_telemetry::{TelemetryConfig, init, traced};
use floe_tests::{Program, Receiver, json_lines, program, tree};
use tracing::field::Empty;
use tracing::{debug, info, info_span, warn};

#[traced]
fn load() {
    debug!("loaded");
}

fn serve(tenant: &'static str, rows: i64) {
    info_span!("request", tenant, rows, user = Empty).in_scope(|| {
        info!("{tenant} info");
        debug!("{tenant} debug");
        load();
    });
}

fn program() {
    let _telemetry = init().unwrap();
    serve("a", 1);
    serve("b", 2);
    let late = info_span!("late", user = Empty);
    late.record("user", "ann");
    late.in_scope(|| debug!("ann debug"));
    debug!("outside");
    warn!("outside warning");
}

/// The messages of lines, which must equal the messages of records, and the spans.
fn run(program: &Program, variables: &[(&str, &str)]) -> (Vec<String>, String, String) {
    let receiver = Receiver::grpc();
    let (_, stderr) =
        program.against(&receiver, &[&[("FLOE_LOG_JSON", "yes")], variables].concat());
    let messages: Vec<_> = stderr.lines().filter(|line| !line.starts_with('{')).collect();
    let own = json_lines(&stderr).into_iter().filter(|line| line["target"] == "global::env_filter");
    let own: Vec<_> = own.map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    let records = receiver.logs().into_iter();
    let records: Vec<_> = records
        .filter(|log| log.scope == "global::env_filter")
        .map(|log| match log.body {
            Some(floe_tests::Value::String(body)) => body,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(own, records);
    (own, tree(&receiver.spans()), messages.join("\n"))
}

#[test]
fn a_directive_may_name_a_span_and_a_field() {
    let program = program!({ program() });
    let a = ["a info", "a debug", "loaded"];
    let b = ["b info", "b debug", "loaded"];
    let both_spans = "request\n  load\n\nrequest\n  load\n\nlate";
    let requests = "request\n  load\n\nrequest\n  load";
    for (directives, expected, spans) in [
        ("warn,[request]=debug", [&a[..], &b].concat(), requests),
        ("warn,[request{tenant=a}]=DEBUG", a.to_vec(), requests),
        ("warn, global::env_filter[request{rows=2}]", b.to_vec(), requests),
        ("warning,other[request]=debug", Vec::new(), "load\n\nload"),
        ("warn,[{user=ann}]=debug", vec!["ann debug"], both_spans),
        ("critical,[request{tenant=a}]=info", vec!["a info"], requests),
    ] {
        let (lines, found, stderr) = run(&program, &[("RUST_LOG", directives)]);
        let mut expected = expected;
        if !directives.starts_with("critical") {
            expected.push("outside warning");
        }
        assert_eq!(lines, expected, "{directives}");
        assert_eq!(found, spans, "{directives}");
        assert_eq!(stderr, "", "{directives}");
    }
    // The variable of lines leaves the spans alone.
    let variables = [("FLOE_LOG_LEVEL", "warn,[request{tenant=b}]=debug")];
    let (lines, spans, _) = run(&program, &variables);
    assert_eq!(lines, [&b[..], &["outside warning"]].concat());
    assert_eq!(spans, both_spans);
    let variables = [("RUST_LOG", "off,[request]=debug"), ("FLOE_SPAN_FILTER", "off")];
    let (lines, spans, _) = run(&program, &variables);
    assert_eq!(lines, [&a[..], &b].concat());
    assert_eq!(spans, "");
}

#[test]
fn a_directive_that_names_no_span_is_refused() {
    let refused = |level: &str| {
        let document =
            format!("resource_attributes: {{service_name: a}}\nlogging: {{log_level: '{level}'}}");
        TelemetryConfig::from_yaml(&document).unwrap_err().to_string()
    };
    for directive in ["[request", "request]=debug", "[request{tenant=a]", "[a{x=(}]=debug", "x{a}"]
    {
        let error = refused(&format!("info,{directive}"));
        let expected = format!(
            "line 2, column 22: logging.log_level: expected `target[span{{field=value}}]=level` with at most 1024 bytes, \
             of which target, span, field and value may be left out, found `{directive}`"
        );
        assert!(error.ends_with(&expected), "{error}");
    }
    let error = refused("[request]=debgu");
    assert!(
        error.contains("found `[request]=debgu`") && error.ends_with("did you mean `debug`?"),
        "{error}"
    );
    assert!(refused(&format!("[{}]=debug", "a".repeat(1024))).contains("at most 1024 bytes"));
    let error = SamplingRule::parse_filter("[request]=debug").unwrap_err().to_string();
    assert!(error.contains("which filters by span or field"), "{error}");
}

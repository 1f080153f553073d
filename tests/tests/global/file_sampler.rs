//! The samplers of `OTEL_CONFIG_FILE`, by the spans that they sample, and the files that are refused.

use floe_telemetry::{TelemetryConfig, get_tracer, init, traced};
use floe_tests::{Receiver, document, program};
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, KeyValue};

use super::pipeline::spans;

const PING: &str = "client db.operation=PING";

/// The roots of the program, each with a child [`PING`]: the name, the kind, and an attribute.
const ROOTS: [(&str, SpanKind, (&str, &str)); 5] = [
    ("root", SpanKind::Internal, ("a", "b")),
    ("call", SpanKind::Client, ("a", "b")),
    ("health", SpanKind::Server, ("http.route", "/healthz")),
    ("internal", SpanKind::Server, ("http.path", "/internal/a")),
    ("special", SpanKind::Server, ("http.path", "/internal/special/a")),
];

const RULES: &str = "{composite/development: {rule_based: {rules: [";

fn start(
    name: &'static str,
    kind: SpanKind,
    attribute: (&'static str, &'static str),
    cx: &Context,
) -> Context {
    let tracer = get_tracer("acme");
    let builder = tracer
        .span_builder(name)
        .with_kind(kind)
        .with_attributes([KeyValue::new(attribute.0, attribute.1)]);
    cx.with_span(builder.start_with_context(&tracer, cx))
}

/// A context that came from another process.
fn remote(flags: TraceFlags) -> Context {
    let trace = TraceId::from(1_u128 << 90);
    let span = SpanId::from(7);
    let parent = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    Context::new().with_remote_span_context(parent)
}

fn run() {
    for (name, kind, attribute) in ROOTS {
        let root = start(name, kind, attribute, &Context::new());
        start(PING, SpanKind::Client, ("db.operation", "PING"), &root).span().end();
        root.span().end();
    }

    for (name, flags) in [("sampled", TraceFlags::SAMPLED), ("unsampled", TraceFlags::NOT_SAMPLED)]
    {
        start(name, SpanKind::Server, ("a", "b"), &remote(flags)).span().end();
    }
}

fn file(sampler: &str) -> String {
    // No exporter of the file exists, so that only that of the test gets spans.
    format!(
        "file_format: '1.1'\ntracer_provider:\n  processors: [{{simple: {{exporter: {{zipkin: }}}}}}]\n  sampler: {sampler}\n"
    )
}

/// Returns the names of the spans that are sampled.
fn sampled(sampler: &str) -> String {
    let file = document(&file(sampler));
    let config = TelemetryConfig::from_config_file(file.path()).unwrap();
    let spans = spans(config, run);
    let mut names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    names.sort_unstable();
    let pings = names.iter().filter(|name| **name == PING).count();
    names.retain(|name| *name != PING);
    format!("{} and {pings} pings", names.join(" "))
}

#[alone]
fn a_file_samples_the_spans_that_it_asks_for() {
    let every = "call health internal root sampled special unsampled and 5 pings";
    let follows = "call health internal root sampled special and 5 pings";
    let rule = |rules: &str| format!("{RULES}{rules}]}}}}}}");
    let cases = [
        ("{always_on: }".to_owned(), every),
        ("{parent_based: {root: {always_on: }}}".to_owned(), follows),
        ("{probability/development: {ratio: 0}}".to_owned(), " and 0 pings"),
        ("{probability/development: }".to_owned(), every),
        // The low half of the remote trace id is 0, which every ratio above 0 samples.
        ("{parent_based: {root: {probability: {ratio: 0}}, remote_parent_not_sampled: {trace_id_ratio_based: {ratio: 0.01}}}}".to_owned(), "sampled unsampled and 0 pings"),
        ("{always_record: {root: {always_off: }}}".to_owned(), " and 0 pings"),
        ("{parent_based: {remote_parent_sampled: {always_off: }, remote_parent_not_sampled: {always_on: }, local_parent_sampled: {always_off: }}}".to_owned(), "call health internal root special unsampled and 0 pings"),
        ("{composite: {parent_threshold: {root: {probability: }}}}".to_owned(), follows),
        // The official examples, with ratios of 0 and 1.
        (rule("{span_kinds: [client], attribute_values: {key: db.operation, values: [PING]}, sampler: {always_off: }}, {sampler: {parent_threshold: {root: {always_on: }}}}"), "call health internal root sampled special and 0 pings"),
        (rule("{attribute_values: {key: http.route, values: [/healthz, /livez]}, sampler: {always_off: }}, {attribute_patterns: {key: http.path, included: [/internal/*], excluded: [/internal/special/*]}, sampler: {always_on: }}, {parent: [none], span_kinds: [client], sampler: {probability: {ratio: 1}}}, {sampler: {probability: {ratio: 0}}}"), "call internal and 0 pings"),
        (rule("{parent: [remote], sampler: {always_on: }}, {parent: [none, local], span_kinds: [server, internal], sampler: {always_on: }}"), "health internal root sampled special unsampled and 0 pings"),
        ("{composite: {rule_based: }}".to_owned(), " and 0 pings"),
    ];
    for (sampler, expected) in &cases {
        assert_eq!(sampled(sampler), *expected, "{sampler}");
    }
}

#[traced]
fn work() {}

#[test]
fn a_sampler_that_is_not_supported_records_nothing() {
    let program = program!({
        let telemetry = init().unwrap();
        work();
        drop(telemetry);
    });
    let receiver = Receiver::http();
    let exporter = format!("{{otlp_http: {{endpoint: '{}/v1/traces'}}}}", receiver.endpoint());
    for (sampler, place) in [
        (
            "{jaeger_remote/development: {endpoint: a}}",
            "line 4, column 13: tracer_provider.sampler.jaeger_remote/development: expected",
        ),
        (
            "{samplr: }",
            "line 4, column 3: tracer_provider.samplr: unknown key; did you mean `sampler`?",
        ),
        (
            "{probability: {ration: 0.01}}",
            "line 4, column 27: tracer_provider.sampler.probability.ration: unknown key; did you mean `ratio`?",
        ),
        (
            "{composite: {rule_based: {rules: [{names: [a], sampler: {always_on: }}]}}}",
            "tracer_provider.sampler.composite.rule_based.rules.0.names: unknown key",
        ),
        (
            "{composite: {trace_id_ratio_based: }}",
            "tracer_provider.sampler.composite.trace_id_ratio_based: expected `always_on`",
        ),
    ] {
        let text = file(sampler)
            .replace("{zipkin: }", &exporter)
            .replace("sampler: {samplr", "samplr: {samplr");
        let document = document(&text);
        let (_, stderr) = program.run(&[("OTEL_CONFIG_FILE", document.path().to_str().unwrap())]);
        let lines: Vec<_> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(lines.len(), 1, "{stderr}");
        assert!(
            lines[0].starts_with("error: nothing is recorded: `OTEL_CONFIG_FILE`: "),
            "{stderr}"
        );

        assert!(lines[0].contains(place), "{stderr}");
        assert!(lines[0].ends_with("; a sampler that is only partly applied could record more spans than the file asks for"), "{stderr}");
    }

    assert!(receiver.spans().is_empty());
}

//! A provider whose spans go nowhere records none, and `init` reports this. Each case runs in its own process.

use std::collections::{HashMap, HashSet};
use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use floe_telemetry::config::{ExporterKind, SamplingRule};
use floe_telemetry::trace::Statistics;
use floe_telemetry::{
    EndingSpan, FutureExt as _, MetricRecorder, TelemetryConfig, TelemetryProvider, builder,
    create_span, get_current_span, init, propagation, span, testing, traced,
};
use floe_tests::{MetricValue, Receiver, TIMEOUT, json_lines, program};
use futures_executor::block_on;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, global};
use opentelemetry_sdk::logs::InMemoryLogExporter;

use super::pipeline::{in_memory, start};

/// The message about the first span without an exporter and without a terminal.
pub(crate) const LINE: &str = "warning: traces are not exported: no valid endpoint is set for them, and standard error is \
                               not a terminal; set `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`), for example to \
                               `http://localhost:4318`, or set `OTEL_TRACES_EXPORTER` (`exporters.traces`) to \
                               `console` to print them, or to `none`\n";

const NO_EXPORTER: &str = "warning: traces are not exported: the provider has no exporter of them; call \
                           `with_span_exporter`, set `otlp_endpoint`, or set `exporters.traces` to an exporter or to \
                           `none`\n";

type Carrier = HashMap<String, String>;

/// Returns the headers of a request that is sent in the current context.
fn sent() -> Carrier {
    let mut carrier = Carrier::new();
    propagation::inject_context(&mut carrier);
    carrier
}

#[traced]
fn inner() -> Carrier {
    tracing::info!("inner");
    sent()
}

#[traced]
fn outer() -> [Carrier; 2] {
    tracing::info!("outer");
    let within = tracing::info_span!("of tracing").in_scope(inner);
    [sent(), within]
}

/// Returns the headers that both unrecorded spans have in common.
fn unrecorded() -> Carrier {
    let [outer, inner] = outer();
    assert_eq!(outer, inner);
    outer
}

#[traced(parent = headers)]
fn request(headers: &Carrier) -> Carrier {
    let task = async { sent() }.in_span(span("task"));
    let of_task = thread::spawn(|| block_on(task)).join().unwrap();
    let own = unrecorded();
    assert_eq!(of_task, own);
    own
}

#[traced(parent = headers)]
async fn request_async(headers: Carrier) -> Carrier {
    future::ready(()).await;
    sent()
}

#[traced(root)]
fn tick() -> Carrier {
    sent()
}

#[traced(root)]
async fn tick_async() -> Carrier {
    sent()
}

/// Checks that a received context is passed on, also by roots, so that the spans of other processes stay connected.
fn assert_is_passed_on() {
    for flags in ["00", "01"] {
        let parent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        let remote = Carrier::from([("traceparent".to_owned(), parent)]);
        assert_eq!(request(&remote), remote);
        assert_eq!(block_on(request_async(remote.clone())), remote);
        let parent = propagation::extract_context(&remote);
        let below = span("below").parent(&parent).start();
        assert_eq!(sent(), remote);
        drop(below);
        let _caller = parent.attach();
        assert_eq!(block_on(tick_async()), remote);
        assert_eq!(tick(), remote);
        assert_eq!(tracing::info_span!(parent: None, "root").in_scope(sent), remote);
        let _root = span("root").root().start();
        assert_eq!(sent(), remote);
    }
}

#[traced(metrics, name = "measured")]
fn measured() -> Result<(), String> {
    let _block = span("a block").start();
    assert!(!get_current_span().is_recording());
    Err("no".to_owned())
}

/// Opens spans in several ways, and checks that none is recorded.
fn open_spans() {
    let guard = create_span("guard");
    assert!(!get_current_span().is_recording());
    drop(guard);
    assert!(!global::tracer("api").start("by the API").is_recording());
    let future = async { get_current_span().is_recording() };
    assert!(!block_on(future.in_span(span("future"))));
    unrecorded();
}

#[test]
fn without_an_exporter_nothing_listens_and_one_line_says_so() {
    let program = program!({
        // The second provider does not write another line.
        for _ in 0..2 {
            let telemetry = init().unwrap();
            assert!(!telemetry.is_noop());
            open_spans();
            assert_eq!(unrecorded(), Carrier::new(), "the spans have no ids");
            assert_is_passed_on();
            telemetry.force_flush(TIMEOUT).unwrap();
            telemetry.shutdown(TIMEOUT).unwrap();
            assert_eq!(telemetry.statistics(), Statistics::default());
        }
        // A capture of a test is not affected.
        let _telemetry = init().unwrap();
        let spans = testing::capture(|| drop(outer()));
        spans.single("inner").assert_ok();
    });
    for no_lines in [("FLOE_LOG_OUTPUT", "none"), ("RUST_LOG", "off")] {
        let (_, stderr) = program.run(&[no_lines]);
        assert_eq!(stderr, LINE);
        let none = ("OTEL_TRACES_EXPORTER", "none");
        let (_, stderr) = program.run(&[no_lines, none]);
        assert_eq!(stderr, "", "traces turned off cause no message");
    }
}

/// A command that is given to others exports only where its user asks for it.
#[test]
fn a_quiet_command_exports_only_to_an_endpoint() {
    let program = program!({
        let configure = |config: &mut TelemetryConfig| {
            if std::env::var("CASE").unwrap() == "code" {
                config.exporters.traces.get_or_insert(vec![ExporterKind::None]);
            }
        };
        let _telemetry = match &*std::env::var("CASE").unwrap() {
            "initialize" => {
                let config = TelemetryConfig::from_env().unwrap();
                TelemetryProvider::builder(config).quiet_without_endpoint().initialize()
            }
            "code" => builder().configure(configure).init(),
            _ => builder().quiet_without_endpoint().init(),
        };
        outer();
    });
    let of_traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let of_metrics = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    let unused = format!(
        "warning: `{of_traces}` is not used: code sets `exporters.traces` without `otlp`\n"
    );
    let all = "OTEL_EXPORTER_OTLP_ENDPOINT";
    for (case, variable, spans, message) in [
        ("init", "NONE", 0, ""),
        ("initialize", "NONE", 0, ""),
        ("init", all, 3, ""),
        ("init", of_traces, 3, ""),
        ("init", of_metrics, 0, ""),
        ("code", all, 0, ""),
        ("code", of_traces, 0, &*unused),
    ] {
        let receiver = Receiver::grpc();
        let endpoint = receiver.endpoint();
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        let variables = [("CASE", case), (variable, &endpoint), ("FLOE_LOG_OUTPUT", "none"), grpc];
        let (_, stderr) = program.run(&variables);
        assert_eq!(stderr, message, "{case} {variable}");
        assert_eq!(receiver.spans().len(), spans, "{case} {variable}");
    }
}

/// Variables of an application, or of a neighbour in Java.
const OF_OTHERS: [(&str, &str); 15] = [
    ("SERVICE_NAME", "x"),
    ("OTEL_PROPAGATORS", "xray"),
    ("OTEL_TRACES_SAMPLER_ARG", "0.1"),
    ("OTEL_TRACES_SAMPLER", "xray"),
    ("OTEL_TRACES_EXPORTER", "zipkin"),
    ("OTEL_METRICS_EXPORTER", "logging"),
    ("OTEL_LOGS_EXPORTER", "logging"),
    ("OTEL_RESOURCE_ATTRIBUTES", "x"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/xml"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "x"),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "always_on"),
    ("OTEL_BSP_MAX_QUEUE", "1"),
    ("OTEL_BSP_SCHEDULE_DELAY", "5s"),
    ("FLOE_SPAN_FILTER", "inof"),
    ("OTEL_LOG_LEVEL", "verbose"),
];

#[test]
fn a_quiet_command_says_only_that_a_name_resembles_an_endpoint() {
    let program = program!({
        let _telemetry = match std::env::var("CASE").as_deref() {
            Ok("loud") => builder().init(),
            Ok("config") => {
                let mut config = TelemetryConfig::new("quiet");
                config.exporters.quiet_without_endpoint = true;
                config.apply_env().unwrap();
                TelemetryProvider::builder(config).initialize()
            }
            _ => builder().quiet_without_endpoint().init(),
        };
        outer();
    });
    let run = |variables: &[(&str, &str)]| {
        program.run(&[variables, &[("FLOE_LOG_OUTPUT", "none")]].concat()).1
    };
    for (name, value) in OF_OTHERS {
        let own = (name, value);
        assert_eq!(run(&[own]), "", "{name}");
        assert_eq!(run(&[own, ("CASE", "config")]), "", "{name}");
    }
    let loud = run(&[&OF_OTHERS[..], &[("CASE", "loud")]].concat());
    for part in ["SERVICE_NAME: ", "OTEL_PROPAGATORS: ", "OTEL_METRICS_EXPORTER: "] {
        assert!(loud.contains(part), "{loud}");
    }
    assert_eq!(run(&OF_OTHERS), "");
    let endpoint =
        "warning: OTLP_ENDPOINT: unknown variable; did you mean `OTEL_EXPORTER_OTLP_ENDPOINT`?\n";
    assert_eq!(run(&[&OF_OTHERS[..], &[("OTLP_ENDPOINT", "x")]].concat()), endpoint);
    let wrong = run(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://x"), OF_OTHERS[0]]);
    for part in ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ", "SERVICE_NAME: "] {
        assert!(wrong.contains(part), "something is to be exported: {wrong}");
    }
}

/// A program may add no exporter to the builder, and a configuration may list none.
#[test]
fn a_provider_without_an_exporter_says_so_unless_none_is_chosen() {
    let program = program!({
        let mut config = TelemetryConfig::new("nothing");
        let case = std::env::var("CASE").unwrap();
        config.exporters.traces = Some(match &*case {
            "none" => vec![ExporterKind::None],
            _ => Vec::new(),
        });
        let own = TelemetryProvider::builder(config.clone());
        let started = match &*case {
            "init" => {
                builder().configure(move |it| it.exporters.traces = config.exporters.traces).init()
            }
            "records" => own.with_log_exporter(InMemoryLogExporter::default()).initialize(),
            "processor" => own.with_span_processor(|_: &mut EndingSpan<'_>| {}).initialize(),
            _ => own.initialize(),
        };
        let _telemetry = started.unwrap();
        outer();
    });
    for (case, message) in [
        ("builder", NO_EXPORTER),
        ("init", NO_EXPORTER),
        ("records", NO_EXPORTER),
        ("processor", NO_EXPORTER),
        ("none", ""),
    ] {
        let (_, stderr) = program.run(&[("CASE", case), ("FLOE_LOG_OUTPUT", "none")]);
        assert_eq!(stderr, message, "{case}");
    }
}

#[test]
fn without_a_provider_a_request_is_passed_on() {
    let program = program!({
        let (trace, span) = (TraceId::from(7), SpanId::from(7));
        let local = SpanContext::new(trace, span, TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
        let attached = Context::new().with_remote_span_context(local).attach();
        let own = sent();
        assert_eq!(inner(), own);
        drop(attached);
        assert_is_passed_on();
        let telemetry = init().unwrap();
        assert!(telemetry.is_noop());
        assert_is_passed_on();
        assert_eq!(unrecorded(), Carrier::new(), "no span stays current");
    });
    program.run(&[("OTEL_SDK_DISABLED", "true")]);
}

#[test]
fn log_lines_have_ids_of_spans_that_are_not_recorded() {
    let program = program!({
        let telemetry = builder()
            .configure(|config| config.sampling.rules = vec![SamplingRule::new("outer", 1.0)])
            .init()
            .unwrap();
        open_spans();
        let first = unrecorded();
        assert_ne!(first, unrecorded());
        // The sampler decides for the next processes, as it does for a recorded span.
        assert!(first["traceparent"].ends_with("-01"), "{first:?}");
        assert_is_passed_on();
        telemetry.shutdown(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics(), Statistics::default());
    });
    let (stdout, stderr) = program.run(&[("FLOE_LOG_OUTPUT", "stdout")]);
    assert_eq!(stderr, LINE);
    let lines = json_lines(&stdout);
    let traces: Vec<_> = lines.iter().map(|line| &line["trace_id"]).collect();
    assert_eq!(traces.len(), 10, "{stdout}");
    for pair in traces.chunks(2) {
        assert_eq!(pair[0], pair[1]);
        assert_eq!(pair[0].as_str().unwrap().len(), 32);
    }

    let roots: HashSet<_> = traces[..6].iter().collect();
    assert_eq!(roots.len(), 3);
    assert_eq!(traces[9], "0af7651916cd43dd8448eb211c80319c");
}

#[test]
fn a_layer_of_log_lines_that_is_created_later_has_ids() {
    let program = program!({
        let telemetry = builder().without_subscriber().init().unwrap();
        if std::env::var_os("EARLIER").is_some() {
            assert_eq!(unrecorded(), Carrier::new());
        }

        let config = floe_telemetry::config::LoggingConfig::default();
        floe_telemetry::logs::configure_logging(&config).unwrap();
        assert_ne!(unrecorded(), Carrier::new());
        drop(telemetry);
        assert_eq!(unrecorded(), Carrier::new(), "without a provider, spans have no ids");
    });
    for earlier in [("EARLIER", "yes"), ("LATER", "yes")] {
        let (_, stderr) = program.run(&[earlier]);
        assert!(stderr.starts_with(LINE), "{stderr}");
    }
}

#[test]
fn log_records_that_are_exported_have_ids() {
    let program = program!({
        let telemetry = init().unwrap();
        outer();
        telemetry.shutdown(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().collected, 0);
    });
    let receiver = Receiver::grpc();
    let variables = [("OTEL_TRACES_EXPORTER", "none"), ("FLOE_LOG_OUTPUT", "none")];
    let (_, stderr) = program.against(&receiver, &variables);
    assert_eq!(stderr, "");
    let logs = receiver.logs();
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[0].trace_id.len(), 32);
    assert_eq!(logs[0].trace_id, logs[1].trace_id);
    assert_eq!(receiver.spans().len(), 0);
}

/// Starts a provider that exports only metrics. The export of traces is turned off explicitly.
fn metrics_alone(receiver: &Receiver) -> TelemetryProvider {
    let mut config = TelemetryConfig::new("metrics");
    config.otlp.metrics.endpoint = Some(receiver.endpoint() + "/v1/metrics");
    config.exporters.traces = Some(vec![ExporterKind::None]);
    start(config)
}

fn calls(receiver: &Receiver) -> Vec<(String, f64)> {
    let points = receiver.points_of("traces.span.metrics.calls");
    let calls = points.into_iter().map(|point| {
        let MetricValue::Sum(calls) = point.value else { panic!("{point:?}") };
        (point.attributes["span.name"].as_str().unwrap().to_owned(), calls)
    });

    let mut calls: Vec<_> = calls.collect();
    calls.sort_by(|a, b| a.0.cmp(&b.0));
    calls
}

#[alone]
fn calls_are_measured_without_spans() {
    let receiver = Receiver::http();
    let telemetry = metrics_alone(&receiver);
    open_spans();
    for _ in 0..3 {
        measured().unwrap_err();
    }

    assert_eq!(unrecorded(), Carrier::new(), "for metrics alone, spans have no ids");
    assert_is_passed_on();
    MetricRecorder::new("rows").increment("rows", 1, &[]);
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(telemetry.statistics(), Statistics::default());
    assert_eq!(calls(&receiver), [("measured".to_owned(), 3.0)]);
}

#[test]
fn a_processor_takes_spans() {
    let program = program!({
        let seen = Arc::<AtomicU64>::default();
        let counter = Arc::clone(&seen);
        let telemetry = builder()
            .with_span_processor(move |span: &mut EndingSpan<'_>| {
                counter.fetch_add(1, Ordering::Relaxed);
                if span.name() == "guard" {
                    span.discard();
                }
            })
            .init()
            .unwrap();
        outer();
        drop(create_span("guard"));
        telemetry.shutdown(TIMEOUT).unwrap();
        assert_eq!(seen.load(Ordering::Relaxed), 4);
        let mut expected = Statistics::default();
        expected.collected = 4;
        (expected.discarded, expected.without_exporter) = (1, 3);
        assert_eq!(telemetry.statistics(), expected);
    });
    let (_, stderr) = program.run(&[("FLOE_LOG_OUTPUT", "stdout")]);
    assert_eq!(stderr, LINE, "traces are still not exported");
}

#[alone]
fn an_exporter_listens_after_a_provider_without_one() {
    let mut config = TelemetryConfig::new("nothing");
    config.exporters.traces = Some(vec![ExporterKind::None]);
    let nothing = start(config);
    outer();
    drop(nothing);
    let (telemetry, memory) = in_memory(TelemetryConfig::new("memory"));
    outer();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(memory.spans().len(), 2);
    assert_eq!(telemetry.statistics().without_exporter, 0);
    let current = Context::current();
    assert!(!current.has_active_span());
}

//! Propagators that the program sets.

use std::collections::HashMap;
use std::process::Command;

use floe_telemetry::detection::{DetectedAttributes, Surroundings, resource_detector};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::propagation::CommandExt as _;
use floe_telemetry::{
    TelemetryConfig, TelemetryProvider, builder, create_span, propagation, traced,
};
use floe_tests::program;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

/// Writes and reads the header `acme-trace`, which has the two ids with a dot between them.
#[derive(Debug)]
struct Acme([String; 1]);

impl TextMapPropagator for Acme {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span().span_context().clone();
        injector.set(&self.0[0], format!("{}.{}", span.trace_id(), span.span_id()));
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let ids = extractor.get(&self.0[0]).and_then(|value| value.split_once('.'));
        let Some((trace, span)) = ids else {
            return cx.clone();
        };

        cx.with_remote_span_context(SpanContext::new(
            TraceId::from_hex(trace).unwrap(),
            SpanId::from_hex(span).unwrap(),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        ))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.0)
    }
}

#[derive(Debug)]
struct Broken;

impl TextMapPropagator for Broken {
    fn inject_context(&self, _: &Context, _: &mut dyn Injector) {
        panic!("no key");
    }

    fn extract_with_context(&self, _: &Context, _: &dyn Extractor) -> Context {
        panic!("no such trace");
    }

    fn fields(&self) -> FieldIter<'_> {
        panic!("no key");
    }
}

struct BrokenCarrier;

impl Extractor for BrokenCarrier {
    fn get(&self, _: &str) -> Option<&str> {
        panic!("no header");
    }

    fn keys(&self) -> Vec<&str> {
        panic!("no header");
    }

    fn get_all(&self, _: &str) -> Option<Vec<&str>> {
        panic!("no header");
    }
}

impl Injector for BrokenCarrier {
    fn set(&mut self, _: &str, _: String) {
        panic!("no header");
    }
}

fn use_broken_carriers() {
    let parent = SpanContext::new(7.into(), 8.into(), TraceFlags::SAMPLED, true, TraceState::NONE);
    let _attached = Context::new().with_remote_span_context(parent.clone()).attach();
    propagation::inject_context(&mut BrokenCarrier);
    let extracted = propagation::extract_context(&BrokenCarrier);
    assert_eq!(*extracted.span().span_context(), parent);
}

fn broken_detector(_: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    found.add("acme.rack", Some("r7".to_owned()));
    panic!("no rack");
}
resource_detector!("broken", broken_detector);

#[traced(parent = headers)]
fn serve(headers: &HashMap<String, String>) -> SpanContext {
    propagation::current_span_context()
}

#[test]
fn a_propagator_that_panics_leaves_the_other_formats_and_is_one_warning() {
    let program = program!({
        use_broken_carriers();
        let detectors = "{resource_attributes: {service_name: orders}, detectors: [broken, os]}";
        let telemetry = TelemetryProvider::builder(TelemetryConfig::from_yaml(detectors).unwrap())
            .with_span_exporter(MemoryExporter::new())
            .with_propagator(Broken)
            .initialize()
            .unwrap();
        for _ in 0..3 {
            use_broken_carriers();
            let span = create_span("call");
            let headers = propagation::inject_headers();
            assert_eq!(serve(&headers).trace_id(), span.span_context().trace_id());
            let mut child = Command::new("true");
            let names: Vec<_> = child.inject_context().get_envs().map(|(name, _)| name).collect();
            assert!(names.iter().any(|name| *name == "TRACEPARENT"), "{names:?}");
        }
        drop(telemetry);
        // This propagator of the program replaces the library's formats.
        opentelemetry::global::set_text_map_propagator(Broken);
        use_broken_carriers();
        assert_eq!(propagation::inject_headers(), HashMap::new());
    });
    let (_, stderr) = program.run(&[]);
    let warnings: Vec<_> = stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(
        warnings,
        [
            "warning: a propagator or its carrier panicked",
            "warning: detectors: `broken` panicked: no rack",
        ]
    );
}

#[alone]
fn a_propagator_of_the_program_is_used_beside_the_configured_ones() {
    let _telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(MemoryExporter::new())
        .with_propagator(Acme(["acme-trace".to_owned()]))
        .initialize()
        .unwrap();
    let (ids, headers) = {
        let span = create_span("call");
        let context = span.span_context();
        ((context.trace_id(), context.span_id()), propagation::inject_headers())
    };

    assert_eq!(headers.get("acme-trace").unwrap(), &*format!("{}.{}", ids.0, ids.1));
    assert!(headers.contains_key("traceparent"));
    let of_acme = HashMap::from([("acme-trace".to_owned(), format!("{}.{}", ids.0, ids.1))]);
    let parent = propagation::extract_span_context(&of_acme).unwrap();
    assert_eq!((parent.trace_id(), parent.span_id()), ids);
}

#[test]
fn a_variable_that_asks_for_xray_names_the_line_to_add() {
    let program = program!({
        let xray = || Acme(["x-amzn-trace-id".to_owned()]);
        let _telemetry = match std::env::var("CASE").as_deref() {
            Ok("added") => builder().with_propagator(xray()).init(),
            Ok("config") => {
                let config = TelemetryConfig::from_env().unwrap();
                TelemetryProvider::builder(config).with_propagator(xray()).initialize()
            }
            _ => builder().with_propagator(Acme(["acme-trace".to_owned()])).init(),
        };
        let _span = create_span("span");
        let headers = propagation::inject_headers();
        let mut names: Vec<_> = headers.keys().map(String::as_str).collect();
        names.sort_unstable();
        println!("{}", names.join(" "));
    });
    let missing = "warning: OTEL_PROPAGATORS: expected `.with_propagator(floe_telemetry_aws::XrayPropagator::new())` \
                   in code for `xray`, found none; the entry is ignored";
    for (case, formats, headers, message) in [
        ("missing", "xray", "acme-trace traceparent", missing),
        ("missing", "b3,xray", "acme-trace b3", missing),
        ("added", "xray", "x-amzn-trace-id", ""),
        ("added", "b3,XRay", "b3 x-amzn-trace-id", ""),
        ("config", "xray", "x-amzn-trace-id", ""),
    ] {
        let variables =
            [("CASE", case), ("OTEL_PROPAGATORS", formats), ("OTEL_TRACES_EXPORTER", "console")];
        let (stdout, stderr) = program.run(&variables);
        let printed = stdout.lines().find(|line| line.contains("-trace")).unwrap();
        assert_eq!(printed, headers, "{case} {formats}");
        let warnings: Vec<_> = stderr.lines().filter(|it| it.contains("OTEL_")).collect();
        assert_eq!(warnings.join(""), message, "{case} {formats}");
    }
}

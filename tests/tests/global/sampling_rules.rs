//! The rules of `sampling`, as a document and in the short form of `FLOE_SPAN_FILTER`: the spans that arrive, with their
//! parents.

use std::future::Future as _;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Waker};
use std::thread;

use floe_telemetry::config::{SamplingConfig, SamplingRule};
use floe_telemetry::{
    FutureExt as _, SpanKind, Tracer, create_span, get_current_span, get_tracer, propagation, span,
    testing, traced, tracing_layer,
};
use floe_tests::remote;
use futures_executor::block_on;
use opentelemetry::trace::{SpanId, TraceContextExt as _, Tracer as _};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

use super::pipeline::{Pipeline, sampling};

static NOISY: Tracer = floe_telemetry::tracer!("noisy.client");
static BILLING: Tracer = floe_telemetry::tracer!("acme.billing");

#[traced(name = "health.live")]
fn health() {
    step();
}

#[traced(name = "floe.pipeline.run")]
fn pipeline() {
    step();
}

#[traced]
fn step() {}

/// Makes one root of each kind.
fn everything() {
    health();
    pipeline();
    step();
    drop(create_span("health.ready"));
    drop(create_span("orders.import"));
    get_tracer("plain").in_span("health.plain", |cx| {
        assert!(!cx.span().span_context().is_sampled());
        assert!(cx.span().span_context().is_valid());
        step();
    });

    get_tracer("plain").in_span("plain", |_| step());
}

/// Returns the spans that arrive, as `parent > span`, or as `span` for a root, in alphabetical order.
fn arrived(sampling: SamplingConfig, code: impl FnOnce()) -> Vec<String> {
    let pipeline = Pipeline::http(|config| config.sampling = sampling);
    code();
    let spans = pipeline.end().spans();
    let name = |span: &floe_tests::ReceivedSpan| {
        let parent = spans.iter().find(|it| it.span_id == span.parent_span_id);
        match parent {
            Some(parent) => format!("{} > {}", parent.name, span.name),
            None if span.parent_span_id.is_empty() => span.name.clone(),
            None => format!("remote > {}", span.name),
        }
    };

    let mut names: Vec<_> = spans.iter().map(name).collect();
    names.sort();
    names
}

fn under_tracing(code: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    tracing::subscriber::with_default(subscriber, code);
}

fn below_remote(is_sampled: bool) {
    let _attached = remote(is_sampled).attach();
    step();
    drop(create_span("step"));
    health();
}

/// A section `sampling` or a filter, a program, and the spans that arrive.
type Case<'a> = (&'a str, fn(), &'a [&'a str]);

const ALL: &[&str] = &[
    "floe.pipeline.run",
    "floe.pipeline.run > step",
    "orders.import",
    "plain",
    "plain > step",
    "step",
];

const CASES: [Case<'_>; 12] = [
    ("{rules: [{span: health.*, ratio: 0}, {span: '*', ratio: 1}]}", everything, ALL),
    // The ratio decides where no rule matches.
    ("{rules: [{span: health.*, ratio: 0}]}", everything, ALL),
    (
        "{sampler: parentbased_traceidratio, sampler_arg: 0, rules: [{span: floe.pipeline.run, ratio: 1}, {span: floe.*, ratio: 0}, {span: orders*, ratio: 1}]}",
        everything,
        &["floe.pipeline.run", "floe.pipeline.run > step", "orders.import"],
    ),
    // A span with a parent follows the decision of the parent.
    (
        "{rules: [{span: step, ratio: 0}, {span: health.live, ratio: 1}]}",
        || below_remote(true),
        &["health.live > step", "remote > health.live", "remote > step", "remote > step"],
    ),
    (
        "{rules: [{span: step, ratio: 0}, {span: health.live, ratio: 1}]}",
        || below_remote(false),
        &[],
    ),
    // This sampler decides about each span, and the rules apply to spans without a local parent.
    ("{sampler: always_on, rules: [{span: health.*, ratio: 0}]}", health, &["remote > step"]),
    (
        "{sampler: always_on, rules: [{span: health.*, ratio: 0}]}",
        || {
            let _attached = remote(true).attach();
            health();
        },
        &["remote > step"],
    ),
    (
        "{sampler: parentbased_always_off, rules: [{span: health.*, ratio: 1}]}",
        health,
        &["health.live", "health.live > step"],
    ),
    // The rate admits one trace here, and a root that the ratio does not sample takes no token.
    (
        "{rules: [{span: health.*, ratio: 0}, {rate: 0.0002}]}",
        || {
            health();
            (0..10).for_each(|_| pipeline());
            everything();
        },
        &["floe.pipeline.run", "floe.pipeline.run > step"],
    ),
    // The rate does not limit spans that a parent has sampled.
    (
        "{rules: [{rate: 0.0002}]}",
        || {
            let _attached = remote(true).attach();
            (0..4).for_each(|_| step());
        },
        &["remote > step"; 4],
    ),
    // A field sets the kind of a span of `tracing`.
    (
        "{rules: [{kind: server, ratio: 0}]}",
        || {
            under_tracing(|| {
                tracing::info_span!("request", otel.kind = "server").in_scope(step);
                tracing::info_span!("job").in_scope(step);
            });
        },
        &["job", "job > step"],
    ),
    // A field sets the name of a span of `tracing`, too.
    (
        "{rules: [{span: 'GET /health*', ratio: 0}, {span: tick, ratio: 0}]}",
        || {
            under_tracing(|| {
                for path in ["/health/live", "/orders"] {
                    tracing::info_span!("request", otel.name = %format_args!("GET {path}"))
                        .in_scope(step);
                }

                tracing::info_span!("tick", otel.name = tracing::field::Empty).in_scope(step);
                tracing::info_span!("tick").in_scope(step);
            });
        },
        &["GET /orders", "GET /orders > step"],
    ),
];

#[alone]
fn the_first_rule_that_matches_a_root_decides() {
    for (section, program, expected) in CASES {
        assert_eq!(arrived(sampling(section), program), expected, "{section}");
    }
}

#[alone]
fn a_call_site_uses_the_current_rules() {
    for ratio in [0, 1, 0] {
        let rules = format!(
            "{{rules: [{{span: unused, ratio: 0.5}}, {{span: health.live, ratio: {ratio}}}]}}"
        );

        let arrived = arrived(sampling(&rules), || (0..3).for_each(|_| health()));
        assert_eq!(arrived.len(), 6 * ratio);
    }

    // If the rules are removed, their decisions are not remembered.
    assert_eq!(arrived(sampling("{}"), health).len(), 2);
}

#[alone]
fn spans_are_turned_off_by_name_target_and_kind() {
    let of_every_api = || {
        health();
        for tracer in ["noisy.api", "kept.api"] {
            get_tracer(tracer).in_span(tracer, |_| step());
        }

        drop(NOISY.span("noisy.builder").start());
        drop(span("call").kind(SpanKind::Client).start());
        under_tracing(|| {
            tracing::info_span!(target: "noisy.tracing", "noisy tracing").in_scope(step);
        });

        // The name is known when the span is opened, so the whole trace is left out.
        let mut opened = NOISY.open(propagation::current_context(), |span| {
            span.name_const("opened");
        });

        opened.run(step);
        opened.end();
    };

    let off = "{span: health.*, off: true}, {target: noisy., off: true}, {kind: client, off: true}";
    let rules = sampling(&format!("{{rules: [{off}]}}"));
    let expected = ["kept.api", "kept.api > step", "step", "step", "step"];
    assert_eq!(arrived(rules, of_every_api), expected);
    // A rule without a decision keeps a span that a later rule would exclude.
    let rules = sampling(&format!("{{rules: [{{target: noisy.api}}, {off}]}}"));
    let expected = ["kept.api", "kept.api > step", "noisy.api", "noisy.api > step", "step", "step"];
    assert_eq!(arrived(rules, of_every_api), expected);
}

#[traced]
fn request() {
    db::query();
    detail();
}

#[traced(level = debug)]
fn detail() {
    step();
}

/// Counts how often the attributes of [`costly`] are evaluated.
static EVALUATED: AtomicUsize = AtomicUsize::new(0);

#[traced(level = trace, attributes(n = EVALUATED.fetch_add(1, Ordering::Relaxed)))]
async fn costly() -> SpanId {
    tokio::task::yield_now().await;
    step();
    get_current_span().span_context().span_id()
}

#[traced(level = debug, parent = cx)]
fn below(cx: &opentelemetry::Context) {
    step();
}

mod db {
    use floe_telemetry::traced;

    #[traced(level = debug)]
    pub(super) fn query() {
        super::step();
    }
}

fn with_filter(filter: &str, code: impl FnOnce()) -> Vec<String> {
    let mut sampling = SamplingConfig::default();
    sampling.rules = SamplingRule::parse_filter(filter).unwrap();
    arrived(sampling, code)
}

#[alone]
fn a_filter_selects_by_target_and_level() {
    let target = module_path!();
    let work = || {
        drop(BILLING.span("invoice").start());
        drop(span("of no tracer").start());
        block_on(async { step() }.in_span(BILLING.span("task")));
    };

    let of_tracing = || {
        under_tracing(|| {
            tracing::debug_span!("of tracing").in_scope(|| {
                get_tracer("plain").in_span("of opentelemetry", |_| drop(create_span("by hand")));
            });
        });
    };

    let rows: [Case<'_>; 9] = [
        // A span below the excluded span `detail` has the parent of `detail`.
        (
            &*format!("info,{target}::db=debug"),
            request,
            &["query > step", "request", "request > query", "request > step"],
        ),
        // The spans below an excluded span have its explicit parent.
        ("info", || below(&remote(true)), &["remote > step"]),
        // Spans of `tracing` and of OpenTelemetry have no level of ours.
        ("warn", of_tracing, &["of tracing", "of tracing > of opentelemetry"]),
        // The target of a span of a tracer is the tracer's name.
        ("off,acme=info", work, &["invoice", "task"]),
        ("info,acme.billing=warn", work, &["of no tracer", "step"]),
        // The last directive of a target applies.
        ("off", db::query, &[]),
        (&format!("{target}::db=trace"), db::query, &["query"]),
        (&format!("trace,{target}=off"), db::query, &[]),
        (&format!("{target}=off,{target}=info"), db::query, &["step"]),
    ];
    for (filter, program, expected) in rows {
        assert_eq!(with_filter(filter, program), expected, "{filter}");
    }
}

/// An excluded function has the same context and the same future as without `#[traced]`, and evaluates no attributes.
#[alone]
fn a_future_that_the_filter_excludes_runs_in_the_span_around_it() {
    let arrived = with_filter("trace", || {
        block_on(costly());
    });
    assert_eq!(arrived, ["costly", "costly > step"]);
    assert_eq!(EVALUATED.swap(0, Ordering::Relaxed), 1);
    for (is_sampled, expected) in
        [(true, &["outer > step", "remote > other", "remote > outer"][..]), (false, &[])]
    {
        let arrived = with_filter("info", || {
            let _attached = remote(is_sampled).attach();
            let mut future = pin!(costly());
            let other = create_span("other");
            assert!(future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
            drop(other);
            let outer = create_span("outer");
            let own = outer.span_context().span_id();
            assert_eq!(block_on(future), own);
            assert_eq!(get_current_span().span_context().span_id(), own);
        });

        assert_eq!(EVALUATED.load(Ordering::Relaxed), 0);
        assert_eq!(arrived, expected);
    }
    // For a future, the surrounding span is the one in which `in_span` was called.
    let arrived = with_filter("info,acme=off", || {
        let outer = create_span("outer");
        let task = async { step() }.in_span(BILLING.span("task"));
        thread::scope(|scope| scope.spawn(|| block_on(task)).join().unwrap());
        drop(outer);
    });

    assert_eq!(arrived, ["outer", "outer > step"]);
    // For a span of `tracing`, it is the one in which the span was created.
    let arrived = self::arrived(sampling("{rules: [{span: excluded, off: true}]}"), || {
        under_tracing(|| {
            let outer = create_span("outer");
            let excluded = info_span!("excluded");
            thread::scope(|scope| scope.spawn(|| excluded.in_scope(step)).join().unwrap());
            drop(outer);
        });
    });

    assert_eq!(arrived, ["outer", "outer > step"]);
}

#[alone]
fn a_capture_is_not_filtered() {
    let arrived = with_filter("off", || {
        let captured = testing::capture(request);
        captured.single("detail").assert_child_of("request");
        request();
    });

    assert!(arrived.is_empty(), "{arrived:?}");
}

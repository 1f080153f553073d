//! The table of rules: ratios and rates for roots, and spans that are turned off, as they arrive.

use floe_telemetry::config::{RuleKind, Sampler, SamplingConfig, SamplingRule};
use floe_telemetry::{
    SpanKind, Tracer, create_span, get_tracer, propagation, span, traced, tracing_layer,
};
use floe_tests::remote;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use tracing_subscriber::layer::SubscriberExt as _;

use super::pipeline::Pipeline;

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

/// The sorted names of the spans that arrive.
fn run(sampling: &SamplingConfig, code: impl FnOnce()) -> Vec<String> {
    let pipeline = Pipeline::http(|config| config.sampling = sampling.clone());
    code();
    pipeline.shut_down();
    let spans = pipeline.receiver.spans();
    let mut names: Vec<_> = spans.iter().map(|span| span.name.clone()).collect();
    names.sort();
    names
}

fn rules(sampling: &mut SamplingConfig, rules: &[(&str, f64)]) {
    let rules = rules.iter();
    sampling.rules = rules.map(|(span, ratio)| SamplingRule::new(*span, *ratio)).collect();
}

#[alone]
fn the_first_matching_rule_decides_for_a_root() {
    let mut sampling = SamplingConfig::default();
    rules(&mut sampling, &[("health.*", 0.0), ("*", 1.0)]);
    let all = ["floe.pipeline.run", "orders.import", "plain", "step", "step", "step"];
    assert_eq!(run(&sampling, everything), all);
    // The ratio decides where no rule matches.
    rules(&mut sampling, &[("health.*", 0.0)]);
    assert_eq!(run(&sampling, everything), all);
    sampling = sampling.with_ratio(0.0);
    rules(&mut sampling, &[("floe.pipeline.run", 1.0), ("floe.*", 0.0), ("orders*", 1.0)]);
    assert_eq!(run(&sampling, everything), ["floe.pipeline.run", "orders.import", "step"]);
}

#[alone]
fn a_call_site_uses_the_current_rules() {
    let mut sampling = SamplingConfig::default();
    for ratio in [0.0, 1.0, 0.0] {
        rules(&mut sampling, &[("unused", 0.5), ("health.live", ratio)]);
        let arrived = run(&sampling, || (0..3).for_each(|_| health()));
        assert_eq!(arrived.len(), if ratio > 0.0 { 6 } else { 0 });
    }
    // If the rules are removed, their decisions are not remembered.
    sampling.rules.clear();
    assert_eq!(run(&sampling, health).len(), 2);
}

#[alone]
fn a_span_with_a_parent_follows_it() {
    let mut sampling = SamplingConfig::default();
    rules(&mut sampling, &[("step", 0.0), ("health.live", 1.0)]);
    let below = |is_sampled| {
        move || {
            let _attached = remote(is_sampled).attach();
            step();
            drop(create_span("step"));
            health();
        }
    };
    assert_eq!(run(&sampling, below(true)), ["health.live", "step", "step", "step"]);
    assert!(run(&sampling, below(false)).is_empty());
}

#[alone]
fn samplers_and_rules() {
    let mut sampling = SamplingConfig::default();
    sampling.sampler = Some(Sampler::AlwaysOn);
    rules(&mut sampling, &[("health.*", 0.0)]);
    // This sampler decides about each span, and the rules apply to spans without a local parent.
    assert_eq!(run(&sampling, health), ["step"]);
    let below_remote = || {
        let _attached = remote(true).attach();
        health();
    };
    assert_eq!(run(&sampling, below_remote), ["step"]);
    sampling.sampler = Some(Sampler::ParentBasedAlwaysOff);
    rules(&mut sampling, &[("health.*", 1.0)]);
    assert_eq!(run(&sampling, health), ["health.live", "step"]);
}

#[alone]
fn a_rate_applies_to_roots_only() {
    // The rate is one token an hour, so that only one is available however long the test takes.
    let mut sampling = SamplingConfig::default();
    rules(&mut sampling, &[("health.*", 0.0)]);
    let mut rate = SamplingRule::default();
    rate.rate = Some(1.0 / 3600.0);
    sampling.rules.push(rate);
    let arrived = run(&sampling, || {
        // A root that the ratio does not sample takes no token.
        health();
        (0..10).for_each(|_| pipeline());
        everything();
    });
    assert_eq!(arrived, ["floe.pipeline.run", "step"]);
    // The decision of a parent is not limited.
    let arrived = run(&sampling, || {
        let _attached = remote(true).attach();
        (0..10).for_each(|_| step());
    });
    assert_eq!(arrived.len(), 10);
}

fn off(change: impl FnOnce(&mut SamplingRule)) -> SamplingRule {
    let mut rule = SamplingRule::default();
    rule.off = true;
    change(&mut rule);
    rule
}

#[alone]
fn spans_are_turned_off_by_name_target_and_kind() {
    static TRACER: Tracer = floe_telemetry::tracer!("noisy.client");
    let of_every_api = || {
        health();
        for tracer in ["noisy.api", "kept.api"] {
            get_tracer(tracer).in_span(tracer, |_| step());
        }
        drop(TRACER.span("noisy.builder").start());
        drop(span("call").kind(SpanKind::Client).start());
        let subscriber = tracing_subscriber::registry().with(tracing_layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!(target: "noisy.tracing", "noisy tracing").in_scope(step);
        });
        // The name is known when the span is opened, so the whole trace is left out.
        let mut opened = TRACER.open(propagation::current_context(), |span| {
            span.name_const("opened");
        });
        opened.run(step);
        opened.end();
    };
    let mut sampling = SamplingConfig::default();
    sampling.rules = vec![
        off(|rule| rule.span = Some("health.*".to_owned())),
        off(|rule| rule.target = Some("noisy.".to_owned())),
        off(|rule| rule.kind = Some(RuleKind::Client)),
    ];
    let arrived = run(&sampling, of_every_api);
    // One `step` below each excluded span, and one below the included span.
    assert_eq!(arrived, ["kept.api", "step", "step", "step", "step"]);
    // A rule without a decision keeps a span that a later rule would exclude.
    let mut keep = SamplingRule::default();
    keep.target = Some("noisy.api".to_owned());
    sampling.rules.insert(0, keep);
    let arrived = run(&sampling, of_every_api);
    assert_eq!(arrived, ["kept.api", "noisy.api", "step", "step", "step", "step"]);
}

#[alone]
fn a_field_sets_the_kind_of_a_tracing_span() {
    let mut servers = SamplingRule::default();
    servers.kind = Some(RuleKind::Server);
    servers.ratio = Some(0.0);
    let mut sampling = SamplingConfig::default();
    sampling.rules = vec![servers];
    let subscriber = tracing_subscriber::registry().with(tracing_layer());
    let arrived = run(&sampling, || {
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("request", otel.kind = "server").in_scope(step);
            tracing::info_span!("job").in_scope(step);
        });
    });
    assert_eq!(arrived, ["job", "step"]);
}

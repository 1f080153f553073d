//! Probability sampling: thresholds in the trace state, from which the number of traces is restored. One
//! provider after the other, because a process has one at a time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashMap;
use std::time::Duration;

use floe_telemetry::config::{Sampler, SamplingConfig, SamplingRule};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, propagation, traced};
use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;

const TIMEOUT: Duration = Duration::from_secs(60);

#[traced]
fn order(outcome: Result<(), &'static str>) -> Result<(), &'static str> {
    step();
    outcome
}

#[traced]
fn step() {}

#[traced(name = "health.live")]
fn health() {}

/// The headers of a request that `order` would send.
#[traced(parent = headers)]
fn service(headers: &HashMap<String, String>) -> HashMap<String, String> {
    let mut sent = HashMap::new();
    propagation::inject_context(&mut sent);
    sent
}

fn start(sampling: SamplingConfig) -> (TelemetryProvider, MemoryExporter) {
    let memory = MemoryExporter::new();
    let mut config = TelemetryConfig::new("probability");
    config.sampling = sampling;
    config.batch_processor.max_queue_size = 20_000;
    let telemetry =
        TelemetryProvider::builder(config).with_span_exporter(memory.clone()).initialize().unwrap();
    (telemetry, memory)
}

fn run(sampling: SamplingConfig, code: impl FnOnce(&TelemetryProvider)) -> Vec<SpanData> {
    let (telemetry, memory) = start(sampling);
    code(&telemetry);
    telemetry.shutdown(TIMEOUT).unwrap();
    memory.spans()
}

fn member(span: &SpanData) -> Option<&str> {
    span.span_context.trace_state().get("ot")
}

/// The number of spans that one with this threshold represents.
fn adjusted_count(span: &SpanData) -> f64 {
    let mut fields = member(span).unwrap().split(';');
    let digits = fields.find_map(|field| field.strip_prefix("th:"));
    let threshold = u64::from_str_radix(&format!("{:0<14}", digits.unwrap()), 16).unwrap();
    let range = 2_f64.powi(56);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let kept = range - threshold as f64;
    range / kept
}

fn is_close(found: f64, expected: f64) -> bool {
    (found / expected - 1.0).abs() < 0.02
}

/// Whether each estimate of `traces` is within 2 %, of which every 20th has failed.
fn check_counts(spans: &[SpanData], traces: f64) {
    let roots = spans.iter().filter(|it| it.parent_span_id == SpanId::INVALID);
    let (failed, succeeded): (Vec<_>, Vec<_>) =
        roots.partition(|root| matches!(root.status, Status::Error { .. }));
    let count = |spans: &[&SpanData]| spans.iter().map(|it| adjusted_count(it)).sum::<f64>();
    let (failed, succeeded) = (count(&failed), count(&succeeded));
    assert!(is_close(failed, traces / 20.0), "{failed}");
    assert!(is_close(succeeded, traces / 20.0 * 19.0), "{succeeded}");
    let steps = spans.iter().filter(|span| span.name == "step");
    let steps: f64 = steps.map(adjusted_count).sum();
    assert!(is_close(steps, traces), "{steps}");
}

#[test]
fn thresholds() {
    floe_tests::alone!();
    counts_are_restored_with_tail_sampling();
    every_span_of_a_sampled_trace_has_the_threshold();
    a_ratio_of_one_leaves_the_trace_state_alone();
    rules_have_thresholds_of_their_own();
    a_rate_limit_makes_the_threshold_unknown();
    a_change_of_the_ratio_changes_the_threshold();
    services_with_one_ratio_agree_whoever_asks();
    the_decision_follows_explicit_randomness();
    a_parent_decides_and_passes_its_threshold_on();
    the_sampler_by_trace_id_writes_nothing();
    a_span_that_is_not_sampled_has_no_threshold();
}

fn a_span_that_is_not_sampled_has_no_threshold() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    for (kind, ratio, flags) in [
        (Sampler::Probability, Some(0.1), "03"),
        (Sampler::AlwaysOff, None, "03"),
        (Sampler::ParentBasedProbability, Some(0.1), "02"),
        (Sampler::ParentBasedAlwaysOn, None, "00"),
    ] {
        let headers = HashMap::from([
            ("traceparent".to_owned(), format!("00-{trace}-00f067aa0ba902b7-{flags}")),
            ("tracestate".to_owned(), "ot=th:0;rv:c0000000000000,other=1".to_owned()),
        ]);
        let spans = run(sampler(kind, ratio), |_| {
            let sent = service(&headers);
            assert_eq!(sent["tracestate"], "ot=rv:c0000000000000,other=1", "{kind:?}");
            let not_sampled =
                sent["traceparent"].ends_with("-02") || sent["traceparent"].ends_with("-00");
            assert!(not_sampled, "{sent:?}");
        });
        assert!(spans.is_empty(), "{kind:?}");
    }
}

fn counts_are_restored_with_tail_sampling() {
    const TRACES: u32 = 100_000;
    let mut sampling = SamplingConfig::default().with_ratio(0.5);
    sampling.keep_errors = true;
    let spans = run(sampling, |telemetry| {
        for number in 0..TRACES {
            let outcome = if number % 20 == 0 { Err("no disk") } else { Ok(()) };
            assert_eq!(order(outcome), outcome);
            // So that no span is dropped.
            if number % 500 == 0 {
                telemetry.force_flush(TIMEOUT).unwrap();
            }
        }
        telemetry.force_flush(TIMEOUT).unwrap();
        let statistics = telemetry.statistics();
        assert_eq!(statistics.dropped_buffer_full, 0);
        assert_eq!(statistics.dropped_queue_full, 0);
        assert_eq!(statistics.dropped_memory, 0);
    });
    check_counts(&spans, f64::from(TRACES));
    let failed = spans.iter().filter(|span| span.status != Status::Ok);
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), TRACES as usize / 20, "all of them are exported");
    for span in failed {
        assert_eq!(member(span), Some("th:0"), "each represents itself");
    }
}

fn every_span_of_a_sampled_trace_has_the_threshold() {
    let mut sent = Vec::new();
    let spans = run(SamplingConfig::default().with_ratio(0.25), |_| {
        for _ in 0..200 {
            let _ = order(Ok(()));
            sent.push(service(&HashMap::new()));
        }
    });
    assert!(!spans.is_empty());
    for span in &spans {
        assert_eq!(member(span), Some("th:c"), "{}", span.name);
        let id = u128::from_be_bytes(span.span_context.trace_id().to_bytes());
        assert!(id & 0xff_ffff_ffff_ffff >= 0xc0_0000_0000_0000, "{id:x}");
    }
    for headers in sent {
        let is_sampled = headers["traceparent"].ends_with("-03");
        let state = headers.get("tracestate").map(String::as_str);
        assert_eq!(state, is_sampled.then_some("ot=th:c"));
    }
}

fn a_ratio_of_one_leaves_the_trace_state_alone() {
    for (sampling, expected) in [
        (SamplingConfig::default(), None),
        (SamplingConfig::default().with_ratio(1.0), None),
        (sampler(Sampler::ParentBasedAlwaysOn, None), None),
        // The specification requires it of this sampler.
        (sampler(Sampler::ParentBasedProbability, None), Some("th:0")),
    ] {
        let spans = run(sampling, |_| order(Ok(())).unwrap());
        assert_eq!(spans.len(), 2);
        for span in &spans {
            assert_eq!(member(span), expected);
        }
    }
}

fn rules_have_thresholds_of_their_own() {
    let rules = [
        SamplingRule::new("order", 1.0),
        SamplingRule::new("health.*", 0.5),
        SamplingRule::new("span.*", 0.125),
    ];
    let mut sampling = SamplingConfig::default();
    sampling.rules = rules.into();
    let spans = run(sampling, |_| {
        for _ in 0..200 {
            let _ = order(Ok(()));
            health();
            step();
            drop(floe_telemetry::create_span("span.guard"));
        }
    });
    let mut count = HashMap::new();
    for span in &spans {
        *count.entry((&*span.name, member(span).unwrap())).or_insert(0) += 1;
    }
    assert_eq!(count[&("order", "th:0")], 200);
    assert_eq!(count[&("step", "th:0")], 400);
    let mut kinds: Vec<_> = count.keys().copied().collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [("health.live", "th:8"), ("order", "th:0"), ("span.guard", "th:e"), ("step", "th:0"),]
    );
}

fn a_rate_limit_makes_the_threshold_unknown() {
    let mut sampling = SamplingConfig::default().with_ratio(0.5);
    sampling.rate_limit = Some(1000.0);
    let spans = run(sampling, |_| {
        for _ in 0..100 {
            let _ = order(Ok(()));
        }
    });
    assert!(!spans.is_empty());
    assert!(spans.iter().all(|span| member(span).is_none()));
}

fn a_change_of_the_ratio_changes_the_threshold() {
    let spans = run(SamplingConfig::default(), |telemetry| {
        let sampling = telemetry.sampling_handle();
        step();
        sampling.set_ratio(0.5).unwrap();
        for _ in 0..100 {
            health();
        }
        sampling.set_ratio(0.0).unwrap();
        health();
        sampling.set_ratio(1.0).unwrap();
        step();
    });
    let of = |name: &str| {
        let named = spans.iter().filter(|span| span.name == name);
        let mut members: Vec<_> = named.map(|span| member(span).unwrap_or("none")).collect();
        members.sort_unstable();
        members
    };
    assert_eq!(of("step"), ["none", "none"]);
    let health = of("health.live");
    assert!(!health.is_empty() && health.iter().all(|member| *member == "th:8"));
}

/// The headers of a request in the trace with this number.
fn request(number: u64, flags: &str, state: &str) -> HashMap<String, String> {
    // Any function that spreads the numbers over 64 bits.
    let low = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let low = (low ^ low >> 31).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let parent = format!("00-{number:016x}{:016x}-00f067aa0ba902b7-{flags}", low ^ low >> 32);
    let headers = [("traceparent", parent), ("tracestate", state.to_owned())];
    headers.map(|(key, value)| (key.to_owned(), value)).into()
}

fn sampler(sampler: Sampler, ratio: Option<f64>) -> SamplingConfig {
    let mut sampling = SamplingConfig::default();
    sampling.sampler = Some(sampler);
    sampling.sampler_arg = ratio;
    sampling
}

fn probability(ratio: f64) -> SamplingConfig {
    sampler(Sampler::Probability, Some(ratio))
}

/// Each service decides by itself, whatever the caller has decided, and the decisions are consistent.
fn services_with_one_ratio_agree_whoever_asks() {
    const TRACES: u64 = 10_000;
    let sampled_by = |ratio: f64, flags: &str| {
        let spans = run(probability(ratio), |telemetry| {
            for number in 1..=TRACES {
                service(&request(number, flags, "ot=th:fff;xy:z,other=1"));
                if number % 500 == 0 {
                    telemetry.force_flush(TIMEOUT).unwrap();
                }
            }
        });
        let total: f64 = spans.iter().map(adjusted_count).sum();
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let expected = TRACES as f64;
        assert!((total / expected - 1.0).abs() < 0.1, "{total}");
        for span in &spans {
            let header = span.span_context.trace_state().header();
            let (own, rest) = header.split_once(';').unwrap();
            assert!(own.starts_with("ot=th:") && own != "ot=th:fff", "{header}");
            assert_eq!(rest, "xy:z,other=1");
        }
        let ids = spans.iter().map(|span| span.span_context.trace_id());
        ids.collect::<std::collections::HashSet<_>>()
    };
    let (tenth, again) = (sampled_by(0.1, "03"), sampled_by(0.1, "00"));
    assert_eq!(tenth, again);
    let third = sampled_by(1.0 / 3.0, "01");
    assert!(tenth.is_subset(&third) && tenth.len() < third.len());
}

fn the_decision_follows_explicit_randomness() {
    for (random, is_sampled) in [("80000000000000", true), ("7fffffffffffff", false)] {
        let state = format!("ot=rv:{random}");
        let mut sent = Vec::new();
        let spans = run(probability(0.5), |_| {
            for number in 1..20 {
                sent.push(service(&request(number, "01", &state)));
            }
        });
        assert_eq!(spans.len(), if is_sampled { 19 } else { 0 });
        let expected = format!("ot={}rv:{random}", if is_sampled { "th:8;" } else { "" });
        for headers in sent {
            assert_eq!(headers["tracestate"], expected);
        }
    }
}

fn a_parent_decides_and_passes_its_threshold_on() {
    // The threshold of a caller that contradicts its decision is removed.
    for (state, expected) in [
        ("ot=rv:80000000000000;th:8", "ot=rv:80000000000000;th:8"),
        ("ot=rv:80000000000000;th:81", "ot=rv:80000000000000"),
        ("ot=th:x,other=1", "other=1"),
        ("other=1", "other=1"),
    ] {
        let mut sent = HashMap::new();
        let spans = run(SamplingConfig::default().with_ratio(0.1), |_| {
            sent = service(&request(1, "01", state));
        });
        assert_eq!(spans[0].span_context.trace_state().header(), expected);
        assert_eq!(sent["tracestate"], expected);
    }
}

fn the_sampler_by_trace_id_writes_nothing() {
    let sampling = sampler(Sampler::ParentBasedTraceIdRatio, Some(0.5));
    let spans = run(sampling, |_| (0..100).for_each(|_| health()));
    assert!(!spans.is_empty());
    for span in &spans {
        assert_eq!(member(span), None);
        let id = u128::from_be_bytes(span.span_context.trace_id().to_bytes());
        assert!(id & u128::from(u64::MAX) < 1 << 63, "{id:x}");
    }
}

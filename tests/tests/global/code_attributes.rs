//! Attributes that many spans share and that the configuration has written once: the place in the source, and the
//! floe identity.

use std::collections::BTreeMap;

use floe_telemetry::{TelemetryConfig, create_span, traced};
use floe_tests::{ReceivedSpan, Receiver, TIMEOUT};
use tracing_subscriber::layer::SubscriberExt as _;

use super::pipeline::{in_memory, only_traces};

#[traced]
fn one() {}

#[traced]
fn other() {}

fn run(yaml: &str, code: impl FnOnce()) -> Vec<Vec<ReceivedSpan>> {
    let receiver = Receiver::grpc();
    let text = format!("resource_attributes: {{service_name: orders}}\n{yaml}");
    let mut config = TelemetryConfig::from_yaml(&text).unwrap();
    config.otlp_endpoint = Some(receiver.endpoint());
    only_traces(&mut config);
    config.batch_processor.max_export_batch_size = 4;
    let (telemetry, memory) = in_memory(config);
    code();
    telemetry.shutdown(TIMEOUT).unwrap();
    let spans = receiver.spans();
    let requests: Vec<Vec<_>> = spans.chunks(4).map(<[_]>::to_vec).collect();
    assert_eq!(receiver.requests().len(), requests.len());
    // Exporters of the SDK get the same attributes.
    let sent = spans.iter().map(|span| span.attributes.len());
    let exported = memory.spans();
    let exported = exported.iter().map(|span| span.attributes.len());
    let [mut sent, mut exported] = [sent.collect::<Vec<_>>(), exported.collect()];
    sent.sort_unstable();
    exported.sort_unstable();
    assert_eq!(sent, exported);
    requests
}

/// The number of spans with a place and the number of all spans, by name.
fn files(request: &[ReceivedSpan]) -> BTreeMap<&str, (usize, usize)> {
    let mut files = BTreeMap::<_, (usize, usize)>::new();
    for span in request {
        let keys = ["code.file.path", "code.line.number", "code.function.name"];
        let [has_place, rest @ ..] = keys.map(|key| span.attributes.contains_key(key));
        assert_eq!(rest, [has_place; 2], "{span:#?}");
        let (with_place, all) = files.entry(&*span.name).or_default();
        *with_place += usize::from(has_place);
        *all += 1;
    }
    files
}

fn calls() {
    for _ in 0..3 {
        one();
        one();
        other();
    }
}

#[alone]
fn the_place_of_a_span_is_written_for_each_span_or_once_or_never() {
    for (yaml, with_place) in
        [("", 3), ("code_attributes: every_span", 3), ("code_attributes: once", 1)]
    {
        let requests = run(yaml, calls);
        let all: Vec<_> = requests.iter().map(|request| files(request)).collect();
        let full = || BTreeMap::from([("one", (with_place, 3)), ("other", (1, 1))]);
        assert_eq!(all, [full(), full(), BTreeMap::from([("other", (1, 1))])], "{yaml}");
    }
    let requests = run("code_attributes: off", calls);
    let mut spans = requests.iter().flatten();
    assert!(spans.all(|span| span.attributes.is_empty()), "{requests:#?}");
}

#[alone]
fn a_place_is_written_once_for_each_way_to_record_a_span() {
    let requests = run("code_attributes: once", || {
        let subscriber = tracing_subscriber::registry().with(floe_telemetry::tracing_layer());
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..2 {
                tracing::info_span!("bridged").in_scope(|| {});
                drop(create_span("mail.send"));
            }
        });
    });
    let spans: Vec<_> = requests.iter().flatten().collect();
    assert_eq!(requests.len(), 1, "{spans:#?}");
    for (name, key) in [("bridged", "code.module.name"), ("mail.send", "code.line.number")] {
        let own = spans.iter().filter(|span| span.name == name);
        let has: Vec<_> = own.map(|span| span.attributes.contains_key(key)).collect();
        assert_eq!(has, [true, false], "{name}");
    }
    // The target belongs to a span and not to its place, because filters read it.
    let targets = spans.iter().filter(|span| span.attributes.contains_key("target"));
    assert_eq!(targets.count(), 2, "{spans:#?}");
}

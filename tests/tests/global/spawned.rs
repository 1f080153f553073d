//! The parent of a span in a spawned task that was given no context.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use opentelemetry::trace::FutureExt;
use opentelemetry::{Context, SpanId};

#[traced(attributes(given))]
async fn task(given: bool) {
    tokio::task::yield_now().await;
}

#[traced]
async fn spawner() {
    let given = tokio::spawn(task(true).with_context(Context::current()));
    let alone = tokio::spawn(task(false));
    given.await.unwrap();
    alone.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_is_the_root_of_its_own_trace_unless_it_is_given_a_context() {
    floe_tests::alone!();
    let memory = MemoryExporter::new();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("spawned"))
        .with_span_exporter(memory.clone())
        .initialize()
        .unwrap();
    spawner().await;
    telemetry.shutdown(Duration::from_secs(30)).unwrap();

    let spans = memory.spans();
    let ids = |name: &str, given: Option<bool>| {
        let is_it = |span: &&opentelemetry_sdk::trace::SpanData| {
            let value = span.attributes.iter().find(|it| it.key.as_str() == "given");
            let value = value.map(|it| it.value == opentelemetry::Value::Bool(true));
            span.name == name && value == given
        };
        let span = spans.iter().find(is_it).unwrap();
        let own = &span.span_context;
        (own.trace_id(), own.span_id(), span.parent_span_id)
    };
    let spawner = ids("spawner", None);
    let given = ids("task", Some(true));
    let alone = ids("task", Some(false));
    assert_eq!((given.0, given.2), (spawner.0, spawner.1));
    assert_ne!(alone.0, spawner.0);
    assert_eq!(alone.2, SpanId::INVALID);
    assert_eq!(spans.len(), 3);
}

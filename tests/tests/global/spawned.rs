//! The parent of a span in a spawned task that was given no context.

use floe_telemetry::{TelemetryConfig, traced};
use opentelemetry::trace::FutureExt;
use opentelemetry::{Context, SpanId};

use super::pipeline::spans;

#[traced(name = name)]
async fn task(name: &'static str) {
    tokio::task::yield_now().await;
}

#[traced]
async fn spawner() {
    let given = tokio::spawn(task("given").with_context(Context::current()));
    let alone = tokio::spawn(task("alone"));
    given.await.unwrap();
    alone.await.unwrap();
}

#[alone]
fn a_spawned_task_is_the_root_of_its_own_trace_unless_it_is_given_a_context() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let spans = spans(TelemetryConfig::new("spawned"), || runtime.block_on(spawner()));
    let ids = ["spawner", "given", "alone"].map(|name| {
        let span = spans.iter().find(|span| span.name == name).unwrap();
        let own = &span.span_context;
        (own.trace_id(), own.span_id(), span.parent_span_id)
    });
    let [spawner, given, alone] = ids;
    assert_eq!((given.0, given.2), (spawner.0, spawner.1));
    assert_ne!(alone.0, spawner.0);
    assert_eq!(alone.2, SpanId::INVALID);
    assert_eq!(spans.len(), 3);
}

//! Queries of sqlx in a program with the provider of OpenTelemetry's SDK. In a program of its own, because the provider
//! is global.

use floe_telemetry_sqlx::TracedPool;
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, Value, global};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use sqlx::query;
use sqlx::sqlite::SqlitePoolOptions;

fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let mut attributes = span.attributes.iter();
    let found = attributes.find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| &attribute.value)
}

#[test]
fn queries_are_spans_of_the_global_provider() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    global::set_tracer_provider(provider.clone());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let above = Context::new().with_span(provider.tracer("program").start("above"));
    let queries = async {
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect("sqlite::memory:").await;
        let pool = TracedPool::new(pool.expect("a database in memory"));
        let one = query("SELECT 'hunter2'").fetch_all(&pool).await;
        assert_eq!(one.expect("rows").len(), 1);
        let missing = query("SELECT * FROM missing").fetch_all(&pool).await;
        missing.expect_err("there is no such table");
    };
    runtime.block_on(queries.with_context(above.clone()));

    let spans = exporter.get_finished_spans().expect("spans");
    let [select, failed] = &spans[..] else {
        panic!("{spans:#?}");
    };
    for span in [select, failed] {
        assert_eq!(span.parent_span_id, above.span().span_context().span_id());
        assert_eq!(span.span_kind, SpanKind::Client);
        assert_eq!(span.instrumentation_scope.name(), "floe-telemetry-sqlx");
        // All packages of the workspace have one version.
        let version = span.instrumentation_scope.version();
        assert_eq!(version, Some(env!("CARGO_PKG_VERSION")));
        assert_eq!(attribute(span, "db.system.name"), Some(&"sqlite".into()));
    }
    assert_eq!((&*select.name, &*failed.name), ("SELECT", "SELECT missing"));
    assert_eq!(attribute(select, "db.query.text"), Some(&"SELECT ?".into()));
    assert_eq!(attribute(select, "db.response.returned_rows"), Some(&1.into()));
    assert_eq!(attribute(failed, "error.type"), Some(&"1".into()));
    assert!(
        matches!(&failed.status, Status::Error { description } if description.contains("no such table"))
    );
}

//! The events that sqlx itself logs, on the threads of its connections, in the `tracing` span that was current at the
//! query. The test is a program of its own, because those threads use the global subscriber.

use floe_telemetry::{testing, traced, tracing::with_current_span, tracing_layer};
use opentelemetry::Value;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{SqlitePool, query};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

#[traced]
async fn load(pool: &SqlitePool) {
    let rows = query("SELECT 1, 2, 3").fetch_all(pool).await;
    assert_eq!(rows.expect("rows").len(), 1);
}

#[test]
fn the_events_of_sqlx_are_on_the_span_of_the_function() {
    let layers = tracing_subscriber::registry().with(LevelFilter::DEBUG);
    let subscriber = with_current_span(layers.with(tracing_layer()));
    tracing::subscriber::set_global_default(subscriber).expect("no other global subscriber");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let options = SqlitePoolOptions::new().max_connections(1);
    let connected = runtime.block_on(options.connect("sqlite::memory:"));
    let pool = connected.expect("a database in memory");
    let spans = testing::capture(|| runtime.block_on(load(&pool)));
    let span = spans.single("load");
    let queries = span.events().iter().filter(|event| {
        let mut attributes = event.attributes.iter();
        attributes
            .any(|it| it.key.as_str() == "summary" && it.value == Value::from("SELECT 1, 2, 3"))
    });
    assert_eq!(queries.count(), 1, "{:#?}", span.events());
}

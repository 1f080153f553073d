//! A shop whose spans have everything that a backend could lose: those of `tracing` and of `#[traced]`, attributes of
//! each type, events, links, errors.
//!
//! `shop ADDRESS` serves `/orders/{id}`, with telemetry as the environment configures it. Order 7 is slow, and order 13
//! fails. At SIGTERM it exports, and prints as JSON what became of its spans.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Router, routing::get};
use floe_telemetry::propagation::current_span_context;
use floe_telemetry::{FloeAttributes, add_event, set_attribute, traced};
use floe_telemetry_http::HttpServerLayer;
use floe_telemetry_otlp_file as _;
use opentelemetry::trace::SpanContext;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The span of the order before.
static BEFORE: Mutex<Option<SpanContext>> = Mutex::new(None);

#[derive(FloeAttributes)]
#[floe(prefix = "shop.parcel")]
struct Parcel {
    express: bool,
    pairs: u64,
    weight: f64,
    carrier: &'static str,
}

#[tracing::instrument(fields(shop.open = true, shop.till = 3, shop.discount = 0.25))]
async fn order(Path(id): Path<u64>) -> Result<String, StatusCode> {
    tracing::info!(shop.order = id, "an order was placed");
    let before = BEFORE.lock().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.take();
    pack(id, before).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[traced(
    name = "shop.pack",
    kind = producer,
    links = before,
    floe_attributes = Parcel { express: id == 7, pairs: id, weight: 0.75, carrier: "Grüße & Co" },
    attributes("shop.order.id" = id, "shop.balance" = i64::MIN),
)]
async fn pack(id: u64, before: Option<SpanContext>) -> io::Result<String> {
    let sizes = Array::I64(vec![38, -1]);
    let words: Vec<StringValue> = vec!["left".into(), "\"right\"".into()];
    set_attribute("shop.sizes", Value::Array(sizes));
    set_attribute("shop.shoes", Value::Array(Array::String(words)));
    add_event(
        "shop.packed",
        [
            KeyValue::new("layers", 2),
            KeyValue::new("fragile", true),
            KeyValue::new("fill", 0.5),
            KeyValue::new("paper", "brown"),
        ],
    );
    if let Ok(mut last) = BEFORE.lock() {
        *last = Some(current_span_context());
    }
    match id {
        7 => tokio::time::sleep(Duration::from_millis(300)).await,
        13 => return Err(io::Error::other("no box at postgresql://ada:hunter2@shelf/13")),
        _ => {}
    }
    Ok(format!("{id} pairs of shoes\n"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = floe_telemetry::init()?;
    let address = std::env::args().nth(1).ok_or("expected an address as the argument")?;
    let listener = TcpListener::bind(address).await?;
    let app = Router::new().route("/orders/{id}", get(order)).layer(HttpServerLayer::new());
    let mut terminate = signal(SignalKind::terminate())?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            terminate.recv().await;
        })
        .await?;

    let ended = telemetry.shutdown(Duration::from_secs(20));
    let statistics = telemetry.statistics();
    let dropped = statistics.dropped_queue_full
        + statistics.dropped_buffer_full
        + statistics.dropped_memory
        + statistics.dropped_shutdown;
    let result = serde_json::json!({
        "exported": statistics.exported,
        "failed": statistics.failed,
        "dropped": dropped,
        "error": ended.err().map(|error| error.to_string()),
    });
    writeln!(io::stdout(), "{result}")?;
    Ok(())
}

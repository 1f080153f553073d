//! A page that sends its spans to a receiver, for `.ci/web`.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::{Error, MetricRecorder, TelemetryConfig, traced};
use floe_telemetry_web::Web;
use js_sys::Promise;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsError;
use wasm_bindgen_futures::JsFuture;

thread_local! {
    static WEB: RefCell<Option<Web>> = const { RefCell::new(None) };
}

/// Starts the telemetry of the page.
#[wasm_bindgen]
pub fn start(endpoint: &str, is_json: bool) -> Result<(), JsError> {
    let mut config = TelemetryConfig::new("shop-page").with_otlp_endpoint(endpoint);
    config.otlp_protocol = Some(if is_json {
        OtlpProtocol::HttpJson
    } else {
        OtlpProtocol::Http
    });
    let headers = &mut config.otlp.all.headers;
    headers.insert("x-shop".to_owned(), "key-of-shop".into());
    let layer = floe_telemetry::logs::layer(&config.logging)?;
    let web = floe_telemetry_web::init(config)?;
    let _ = tracing_subscriber::registry().with(layer).try_init();
    WEB.set(Some(web));
    Ok(())
}

/// What a configuration fails with that a browser cannot apply.
#[wasm_bindgen]
pub fn refused(setting: &str) -> Option<String> {
    let mut config = TelemetryConfig::new("shop-page");
    let all = &mut config.otlp.all;
    match setting {
        "certificate" => all.certificate = Some("ca.pem".into()),
        "exporters" => config.exporters.logs = Some(vec![ExporterKind::Console]),
        "variable" => drop(all.headers.insert("x-shop".to_owned(), "${env:SHOP}".into())),
        "file" => drop(all.headers.insert("x-shop".to_owned(), "${file:/shop}".into())),
        _ => {}
    }
    let refused = floe_telemetry_web::init(config).err();
    refused.map(|error| error.to_string())
}

fn web() -> Result<Web, Error> {
    let web = WEB.with_borrow(Clone::clone);
    web.ok_or_else(|| Error::state("expected `start` before"))
}

/// Sends what was recorded.
#[wasm_bindgen]
pub async fn flush() -> Result<(), JsError> {
    Ok(web()?.flush().await?)
}

/// Flushes when the page is hidden, and in this interval.
#[wasm_bindgen]
pub fn flush_every(millis: u32) -> Result<(), JsError> {
    Ok(web()?.flush_every(Duration::from_millis(millis.into()))?)
}

/// Counts an order.
#[wasm_bindgen]
pub fn count() {
    MetricRecorder::new("shop").increment("shop.orders", 2, &[]);
}

/// Loads orders, waits for the page in between, and fails in the end.
#[wasm_bindgen]
pub async fn load(table: String, wait: Promise) -> Result<(), JsError> {
    let loaded = orders(&table, wait).await;
    loaded.map_err(|error| JsError::new(&error))
}

#[traced(name = "shop.load", kind = client, attributes(table))]
async fn orders(table: &str, wait: Promise) -> Result<(), String> {
    parse(3);
    let waited = JsFuture::from(wait).await;
    tracing::warn!(rows = 4, "the page has waited");
    parse(4);
    waited.map_err(|_| "the page did not wait")?;
    check("cannot reach postgresql://shop:hunter2@db.internal/orders")
}

#[traced(name = "shop.parse", attributes(rows))]
fn parse(rows: u32) -> u32 {
    rows + 1
}

#[traced(name = "shop.check")]
fn check(problem: &str) -> Result<(), String> {
    Err(problem.to_owned())
}

//! A program that exports every signal with the exporters of the crate `opentelemetry-otlp`: over gRPC with an
//! interceptor, or over HTTP with a client of the program. They read the endpoint from the environment themselves, which
//! `TelemetryConfig::new` does not.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin stock-exporters -- grpc
//! cargo run -p floe-telemetry-examples --bin stock-exporters -- http
//! ```

use std::error::Error;
use std::time::Duration;

use floe_telemetry::trace::TelemetryProviderBuilder;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, traced};
use floe_telemetry_example_library::total;
use opentelemetry_otlp::{
    LogExporter, MetricExporter, SpanExporter, WithHttpConfig as _, WithTonicConfig as _,
};
use reqwest::blocking::Client;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tonic::{Request, Status};

static METRICS: MetricRecorder = MetricRecorder::new("shop");

fn main() -> Result<(), Box<dyn Error>> {
    // Connections of tonic live in a runtime; a blocking client of reqwest has its own.
    let runtime = tokio::runtime::Runtime::new()?;
    let builder = TelemetryProvider::builder(TelemetryConfig::new("shop"));
    let builder = match std::env::args().nth(1).as_deref() {
        Some("http") => over_http(builder)?,
        _ => runtime.block_on(async { over_grpc(builder) })?,
    };
    let telemetry = builder.init()?;

    import(&["1, 2", "1, x"]);

    telemetry.shutdown(Duration::from_secs(5))?;
    Ok(())
}

#[traced]
fn import(lists: &[&str]) {
    for list in lists {
        METRICS.increment("lists", 1, &[]);
        if let Err(error) = total(list) {
            tracing::warn!(%error, "a list was skipped");
        }
    }
}

fn over_grpc(
    builder: TelemetryProviderBuilder,
) -> Result<TelemetryProviderBuilder, Box<dyn Error>> {
    Ok(builder
        .with_span_exporter(
            SpanExporter::builder().with_tonic().with_interceptor(authorize).build()?,
        )
        .with_metric_exporter(
            MetricExporter::builder().with_tonic().with_interceptor(authorize).build()?,
        )
        .with_log_exporter(
            LogExporter::builder().with_tonic().with_interceptor(authorize).build()?,
        ))
}

/// Called before each export, for example with a token that is renewed.
fn authorize(mut request: Request<()>) -> Result<Request<()>, Status> {
    let token = "Bearer of-this-call".parse().map_err(|_| Status::internal("a token"))?;
    request.metadata_mut().insert("authorization", token);
    Ok(request)
}

fn over_http(
    builder: TelemetryProviderBuilder,
) -> Result<TelemetryProviderBuilder, Box<dyn Error>> {
    let tenant = (HeaderName::from_static("x-tenant"), HeaderValue::from_static("shoes"));
    let headers = HeaderMap::from_iter([tenant]);
    let client = Client::builder().default_headers(headers).build()?;
    Ok(builder
        .with_span_exporter(
            SpanExporter::builder().with_http().with_http_client(client.clone()).build()?,
        )
        .with_metric_exporter(
            MetricExporter::builder().with_http().with_http_client(client.clone()).build()?,
        )
        .with_log_exporter(LogExporter::builder().with_http().with_http_client(client).build()?))
}

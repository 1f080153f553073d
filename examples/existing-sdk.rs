//! A program that exports with OpenTelemetry's own SDK. Annotated functions, here or in a library, record into the
//! SDK's provider, without a provider of this crate.
//!
//! ```sh
//! cargo run -p floe-telemetry-examples --bin existing-sdk
//! ```

use floe_telemetry::opentelemetry::global;
use floe_telemetry::opentelemetry::trace::{Tracer as _, TracerProvider as _};
use floe_telemetry::traced;
use floe_telemetry_example_library::total;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(SpanExporter::builder().with_tonic().build()?)
        .build();
    global::set_tracer_provider(provider.clone());

    provider.tracer("shop").in_span("import", |_| import(&["1, 2", "1, x"]));

    provider.shutdown()?;
    Ok(())
}

#[traced]
fn import(lists: &[&str]) {
    for list in lists {
        if let Err(error) = total(list) {
            tracing::warn!(%error, "a list was skipped");
        }
    }
}

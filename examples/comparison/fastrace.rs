//! The program with fastrace, which has spans and their events, and leaves metrics and logs to other crates.

use std::borrow::Cow;
use std::error::Error;

use fastrace::collector::Config;
use fastrace::prelude::{Event, LocalSpan, Span, SpanContext};
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;

#[fastrace::trace(short_name = true, properties = { "table": "{table}" })]
fn load(table: &str) {
    LocalSpan::add_event(Event::new("loaded").with_property(|| ("rows", "3")));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let reporter = OpenTelemetryReporter::new(
        SpanExporter::builder().with_tonic().build()?,
        Cow::Owned(Resource::builder().build()),
        InstrumentationScope::builder("orders").build(),
    );

    fastrace::set_reporter(reporter, Config::default());
    {
        let root = Span::root("main", SpanContext::random());
        let _guard = root.set_local_parent();
        load("orders");
    }

    fastrace::flush();
    Ok(())
}

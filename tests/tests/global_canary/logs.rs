//! Entry points of log records, and the process that logs them: as JSON, as text, and to every
//! exporter.

use std::{fmt, io};

use floe_telemetry::config::{LogOutput, LoggingConfig};
use floe_telemetry::{
    FloeSpanAttributes, Mode, TelemetryConfig, create_span, logs, propagation, span,
};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Entry;
use crate::child::{plant, silence_panics};

pub(crate) const ENTRIES: &[Entry] = &[
    ("message", |c| tracing::info!("{}", c.text())),
    ("message of log", |c| log::warn!("{}", c.text())),
    ("target of log", |c| log::info!(target: &c.text(), "log")),
    ("field of a text", |c| tracing::info!(url = c.text(), "log")),
    ("field by Display", |c| tracing::info!(url = %c.text(), "log")),
    ("field by Debug", |c| tracing::info!(url = ?[c.text()], "log")),
    ("field named message", |c| {
        tracing::info!(message = c.text());
    }),
    ("error of a field", |c| {
        let cause = io::Error::other(c.text());
        let error: &(dyn std::error::Error + 'static) = &cause;
        tracing::error!(error, "log");
    }),
    ("source of an error", |c| {
        let outer = Outer(io::Error::other(c.text()));
        let error: &(dyn std::error::Error + 'static) = &outer;
        tracing::error!(error, "log");
    }),
    ("text under a secret key", |c| {
        tracing::info!(api_key = c.secret(), marker = c.marker(), "log");
    }),
    ("number under a secret key", |c| {
        tracing::info!(password = c.number(), marker = c.marker(), "log");
    }),
    #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
    ("float under a secret key", |c| {
        tracing::info!(token = c.number() as f64, marker = c.marker(), "log");
    }),
    ("large number under a secret key", |c| {
        let number = i128::from(c.number());
        tracing::info!(secret = number, marker = c.marker(), "log");
    }),
    ("text whose name is in another field", |c| {
        tracing::info!(name = "password", value = c.secret(), marker = c.marker(), "log");
    }),
    ("number whose name is in another field", |c| {
        tracing::info!(val = c.number(), key = "api_key", marker = c.marker(), "log");
    }),
    ("attribute of the span of a record whose name is in another one", |c| {
        let _span = span("kv")
            .attribute("config.name", "password")
            .attribute("config.value", c.secret().to_owned())
            .start();
        tracing::info!(marker = c.marker(), "log");
    }),
    ("end of a long message", |c| {
        tracing::info!("{} {}", "x".repeat(8_000), c.text());
    }),
    ("value that panics half-way", |c| {
        tracing::info!(url = ?Panics(c.text()), "log");
    }),
    ("identity of the baggage", |c| {
        let identity = FloeSpanAttributes::new(c.text(), "p", "1.0.0", Mode::Dev);
        let _baggage = propagation::set_floe_baggage(&identity).attach();
        tracing::info!("log");
    }),
    ("name of the span of a record", |c| {
        let _span = create_span(c.text());
        tracing::info!("log");
    }),
    ("attribute of the span of a record", |c| {
        let _span = span("work").attribute("url", c.text()).start();
        tracing::info!("log");
    }),
    ("key of an attribute of the span of a record", |c| {
        let _span = span("work").attribute(c.text(), 1).start();
        tracing::info!("log");
    }),
    ("array of the span of a record", |c| {
        let span = create_span("work");
        span.set_attribute("urls", [c.text()].as_slice());
        tracing::info!("log");
    }),
    ("number of the span of a record under a secret key", |c| {
        let span = create_span("work");
        span.set_attribute("password", c.number());
        span.set_attribute("marker", c.marker());
        tracing::info!("log");
    }),
    ("end of a long attribute of the span of a record", |c| {
        let text = format!("{} {}", "x".repeat(16_370), c.text());
        let _span = span("work").attribute("text", text).start();
        tracing::info!(marker = c.marker(), "log");
    }),
];

#[derive(Debug, thiserror::Error)]
#[error("outer")]
struct Outer(#[source] io::Error);

struct Panics(String);

impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.0)?;
        panic!("half-way")
    }
}

pub(crate) fn child() {
    silence_panics();
    let form = |json_output| {
        let mut config = LoggingConfig::default();
        "DEBUG".clone_into(&mut config.log_level);
        config.json_output = json_output;
        config.output = LogOutput::Stdout;
        config
    };

    tracing_subscriber::registry()
        .with(logs::layer(&form(true)).unwrap())
        .with(logs::layer_with_writer(&form(false), io::stderr).unwrap())
        .init();
    let mut config = TelemetryConfig::new("canaries");
    config.log_batch_processor.max_queue_size = 8192;
    config.logging.span_attributes = vec!["*".to_owned()];
    config.baggage_attributes = floe_telemetry::keys::IDENTITY.map(str::to_owned).into();
    plant(config, |builder| builder, ENTRIES.iter().copied());
}

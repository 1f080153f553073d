//! Layers that record the spans of `tracing` as OpenTelemetry spans: ours and
//! tracing-opentelemetry.
//!
//! All layers run the same code under a global subscriber.

pub mod process;
mod shapes;

use std::time::Duration;

use floe_telemetry::config::ContextMode;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, tracing_layer};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

pub use self::shapes::Shape;
use crate::counting::Counting;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A layer, or none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum Bridge {
    /// The subscriber alone, which all others use too.
    Registry,
    /// tracing-opentelemetry with its defaults.
    OpenTelemetry,
    /// tracing-opentelemetry without fields that we do not record: threads, busy and idle time.
    LeanOpenTelemetry,
    /// Ours.
    Floe,
    /// Ours, with `context: boundaries`.
    FloeBoundaries,
}

impl Bridge {
    /// All layers.
    pub const ALL: [Self; 5] = [
        Self::Registry,
        Self::OpenTelemetry,
        Self::LeanOpenTelemetry,
        Self::Floe,
        Self::FloeBoundaries,
    ];

    /// The name on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::OpenTelemetry => "tracing-opentelemetry",
            Self::LeanOpenTelemetry => "tracing-opentelemetry-lean",
            Self::Floe => "floe-telemetry",
            Self::FloeBoundaries => "floe-telemetry-boundaries",
        }
    }

    /// Initialises the layer. Only one per process.
    fn start(self, is_sampled: bool, exporter: &Counting) -> Exporting {
        // The SDK's own debug events must not become events of the spans.
        let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO);
        match self {
            Self::Registry => {
                install(subscriber);
                Exporting::Nothing
            }
            Self::OpenTelemetry | Self::LeanOpenTelemetry => {
                let provider = sdk(is_sampled, exporter);
                let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
                let is_lean = self == Self::LeanOpenTelemetry;
                let layer = layer.with_threads(!is_lean).with_tracked_inactivity(!is_lean);
                install(subscriber.with(layer));
                Exporting::Sdk(provider)
            }
            Self::Floe | Self::FloeBoundaries => {
                let mut config = TelemetryConfig::new("bench");
                if self == Self::FloeBoundaries {
                    config.context = ContextMode::Boundaries;
                }
                config.sampling =
                    config.sampling.clone().with_ratio(if is_sampled { 1.0 } else { 0.0 });
                let builder = TelemetryProvider::builder(config);
                let provider = builder.with_span_exporter(exporter.clone()).initialize();
                install(subscriber.with(tracing_layer()));
                Exporting::Ours(provider.expect("the provider starts"))
            }
        }
    }
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
}

fn sdk(is_sampled: bool, exporter: &Counting) -> SdkTracerProvider {
    let root = if is_sampled { Sampler::AlwaysOn } else { Sampler::AlwaysOff };
    SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(root)))
        .with_batch_exporter(exporter.clone())
        .build()
}

/// The provider that exports the spans.
#[derive(Debug)]
enum Exporting {
    Nothing,
    Sdk(SdkTracerProvider),
    Ours(TelemetryProvider),
}

impl Exporting {
    fn flush(&self) {
        match self {
            Self::Nothing => {}
            Self::Sdk(provider) => provider.force_flush().expect("spans are delivered"),
            Self::Ours(provider) => provider.force_flush(TIMEOUT).expect("spans are delivered"),
        }
    }
}

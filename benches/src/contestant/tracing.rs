//! tracing, with tracing-opentelemetry over the OpenTelemetry SDK, or with our layer.

use floe_telemetry::tracing_layer;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::instrument;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use super::ours::Ours;
use super::{CHILDREN, Functions, State, annotated, annotated_methods};
use crate::sink::Sink;
use crate::work::{text, work, work_async};

#[derive(Debug)]
pub(super) enum Tracing {
    Nothing,
    Sdk(SdkTracerProvider),
    Ours(Ours),
}

impl Tracing {
    pub(super) fn start(state: State, sink: &Sink) -> Self {
        if state == State::Off {
            return Self::Nothing;
        }

        let provider = super::opentelemetry::provider(state, sink);
        // The SDK's own debug events must not be recorded in the spans.
        let subscriber = tracing_subscriber::registry()
            .with(LevelFilter::INFO)
            .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("bench")));
        tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
        Self::Sdk(provider)
    }

    pub(super) fn ours(ours: Ours, state: State) -> Self {
        if state != State::Off {
            let registry = tracing_subscriber::registry().with(LevelFilter::INFO);
            let subscriber = registry.with(tracing_layer());
            tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
        }

        Self::Ours(ours)
    }
}

annotated!(#[instrument], n, (, skip_all), (, skip_all, fields(rows = n, engine = "sqlite", table = text())));

impl Functions for Tracing {
    annotated_methods!();

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        tracing::info_span!("root").in_scope(act);
    }

    fn flush(&self) {
        match self {
            Self::Nothing => {}
            Self::Sdk(provider) => provider.force_flush().expect("spans are delivered"),
            Self::Ours(ours) => ours.flush(),
        }
    }

    fn end(&self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Sdk(provider) => {
                provider.shutdown().expect("the SDK shuts down");
                None
            }
            Self::Ours(ours) => ours.end(),
        }
    }
}

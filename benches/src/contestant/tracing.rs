//! tracing, with tracing-opentelemetry over the OpenTelemetry SDK, or with our layer.

use floe_telemetry::config::ContextMode;
use floe_telemetry::tracing_layer;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::instrument;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use super::ours::Ours;
use super::{CHILDREN, Case, Contestant, SPANS, Shape, State};
use crate::drop_log::DropLog;
use crate::sink::Sink;
use crate::work::{block_on, text, work, work_async};

#[derive(Debug)]
pub(super) enum Tracing {
    Nothing,
    Sdk(SdkTracerProvider, DropLog),
    Ours(Ours),
}

impl Tracing {
    pub(super) fn start(state: State, sink: &Sink) -> Self {
        if state == State::Off {
            return Self::Nothing;
        }
        let drops = DropLog::default();
        let provider = super::opentelemetry::provider(state, sink);
        // The SDK's own debug events must not become events of the spans.
        let subscriber = tracing_subscriber::registry()
            .with(LevelFilter::INFO)
            .with(drops.clone())
            .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("bench")));
        tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
        Self::Sdk(provider, drops)
    }

    pub(super) fn ours(state: State, sink: &Sink) -> Self {
        let ours = Ours::start(state, sink, ContextMode::EverySpan);
        if state != State::Off {
            let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO);
            let subscriber = subscriber.with(tracing_layer());
            tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
        }
        Self::Ours(ours)
    }

    /// tracing alone, with a subscriber that prints and whose level is `off`.
    pub(super) fn off() -> Self {
        tracing_subscriber::fmt().with_max_level(LevelFilter::OFF).init();
        Self::Nothing
    }
}

#[instrument(name = "root", skip_all)]
fn root() {
    for n in 0..CHILDREN {
        child(n);
    }
}

#[instrument(name = "child", skip_all)]
fn child(n: i64) -> i64 {
    work(n)
}

#[instrument(name = "root", skip_all, fields(rows = CHILDREN, engine = "sqlite", table = text()))]
fn root_attributes() {
    for n in 0..CHILDREN {
        child_attributes(n);
    }
}

#[instrument(name = "child", skip_all, fields(rows = n, engine = "sqlite", table = text()))]
fn child_attributes(n: i64) -> i64 {
    work(n)
}

#[instrument(name = "root", skip_all)]
async fn root_async(pause: bool) {
    for n in 0..CHILDREN {
        child_async(n, pause).await;
    }
}

#[instrument(name = "child", skip_all)]
async fn child_async(n: i64, pause: bool) -> i64 {
    work_async(n, pause).await
}

#[instrument(name = "root", skip_all, fields(rows = CHILDREN, engine = "sqlite", table = text()))]
async fn root_async_attributes(pause: bool) {
    for n in 0..CHILDREN {
        child_async_attributes(n, pause).await;
    }
}

#[instrument(name = "child", skip_all, fields(rows = n, engine = "sqlite", table = text()))]
async fn child_async_attributes(n: i64, pause: bool) -> i64 {
    work_async(n, pause).await
}

impl Contestant for Tracing {
    fn trace(&self, case: Case) {
        match (case.shape, case.attributes) {
            (Shape::Sync, false) => root(),
            (Shape::Sync, true) => root_attributes(),
            (shape, false) => block_on(root_async(shape == Shape::Pending)),
            (shape, true) => block_on(root_async_attributes(shape == Shape::Pending)),
        }
    }

    fn children(&self, case: Case) {
        for n in 0..SPANS {
            match (case.shape, case.attributes) {
                (Shape::Sync, false) => child(n),
                (Shape::Sync, true) => child_attributes(n),
                (shape, false) => block_on(child_async(n, shape == Shape::Pending)),
                (shape, true) => block_on(child_async_attributes(n, shape == Shape::Pending)),
            };
        }
    }

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        tracing::info_span!("root").in_scope(act);
    }

    fn flush(&self) {
        match self {
            Self::Nothing => {}
            Self::Sdk(provider, _) => provider.force_flush().expect("spans are delivered"),
            Self::Ours(ours) => ours.flush(),
        }
    }

    fn end(&self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Sdk(provider, drops) => {
                provider.shutdown().expect("the SDK shuts down");
                Some(drops.spans())
            }
            Self::Ours(ours) => ours.end(),
        }
    }
}

//! floe-telemetry, with its attribute.

use std::time::Duration;

use floe_telemetry::config::ContextMode;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};

use super::{CHILDREN, Case, Contestant, SPANS, Shape, State};
use crate::arguments;
use crate::sink::Sink;
use crate::work::{block_on, text, work, work_async};

const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Ours {
    provider: Option<TelemetryProvider>,
}

impl Ours {
    pub(super) fn start(state: State, sink: &Sink, context: ContextMode) -> Self {
        let yaml = arguments::value::<String>("--config");
        let mut config = yaml.map_or_else(
            || TelemetryConfig::new("bench"),
            |yaml| TelemetryConfig::from_yaml(&yaml).expect("a configuration"),
        );
        config.context = context;
        config.sampling =
            config.sampling.clone().with_ratio(if state == State::Sampled { 1.0 } else { 0.0 });
        if let Some(batch) = arguments::value("--batch") {
            let batches = &mut config.batch_processor;
            batches.max_export_batch_size = batch;
            batches.max_queue_size = batches.max_queue_size.max(4 * batch);
        }
        let provider = (state != State::Off).then(|| {
            let builder = TelemetryProvider::builder(config);
            let builder = match sink {
                Sink::Counting(counting) => builder.with_span_exporter(counting.clone()),
                Sink::Otlp(otlp) => builder.with_otlp(&otlp.endpoint, otlp.protocol.ours()),
            };
            builder.initialize().expect("the provider starts")
        });
        Self { provider }
    }
}

#[traced(name = "root")]
fn root() {
    for n in 0..CHILDREN {
        child(n);
    }
}

#[traced(name = "child")]
fn child(n: i64) -> i64 {
    work(n)
}

#[traced(name = "root", attributes(rows = CHILDREN, engine = "sqlite", table = text()))]
fn root_attributes() {
    for n in 0..CHILDREN {
        child_attributes(n);
    }
}

#[traced(name = "child", attributes(rows = n, engine = "sqlite", table = text()))]
fn child_attributes(n: i64) -> i64 {
    work(n)
}

#[traced(name = "root")]
async fn root_async(pause: bool) {
    for n in 0..CHILDREN {
        child_async(n, pause).await;
    }
}

#[traced(name = "child")]
async fn child_async(n: i64, pause: bool) -> i64 {
    work_async(n, pause).await
}

#[traced(name = "root", attributes(rows = CHILDREN, engine = "sqlite", table = text()))]
async fn root_async_attributes(pause: bool) {
    for n in 0..CHILDREN {
        child_async_attributes(n, pause).await;
    }
}

#[traced(name = "child", attributes(rows = n, engine = "sqlite", table = text()))]
async fn child_async_attributes(n: i64, pause: bool) -> i64 {
    work_async(n, pause).await
}

#[traced(name = "root")]
fn unsampled(act: &mut dyn FnMut()) {
    act();
}

impl Contestant for Ours {
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
        unsampled(act);
    }

    fn flush(&self) {
        if let Some(provider) = &self.provider {
            provider.force_flush(TIMEOUT).expect("spans are delivered");
        }
    }

    fn end(&self) -> Option<u64> {
        let provider = self.provider.as_ref()?;
        provider.shutdown(TIMEOUT).expect("the provider shuts down");
        let counted = provider.statistics();
        Some(counted.dropped_buffer_full + counted.dropped_queue_full + counted.failed)
    }
}

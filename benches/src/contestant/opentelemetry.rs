//! The OpenTelemetry API, and its SDK with the batch processor.

use std::sync::Arc;

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{
    FutureExt as _, Span, SpanBuilder, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use super::{CHILDREN, Case, Contestant, SPANS, Shape, State};
use crate::drop_log::DropLog;
use crate::sink::Sink;
use crate::work::{block_on, text, work, work_async};

/// A tracer of the SDK's own type, which avoids dynamic dispatch. Without an SDK, the global
/// tracer.
#[derive(Debug)]
pub(super) struct RawOpenTelemetry<T> {
    tracer: T,
    provider: Option<SdkTracerProvider>,
    drops: DropLog,
}

pub(super) fn start(state: State, sink: &Sink) -> Arc<dyn Contestant> {
    let drops = DropLog::default();
    if state == State::Off {
        return Arc::new(RawOpenTelemetry::<BoxedTracer> {
            tracer: global::tracer("bench"),
            provider: None,
            drops,
        });
    }
    let listening = tracing_subscriber::registry().with(LevelFilter::WARN).with(drops.clone());
    tracing::subscriber::set_global_default(listening).expect("the only subscriber");
    let provider = provider(state, sink);
    Arc::new(RawOpenTelemetry::<SdkTracer> {
        tracer: provider.tracer("bench"),
        provider: Some(provider),
        drops,
    })
}

pub(super) fn provider(state: State, sink: &Sink) -> SdkTracerProvider {
    let root = match state {
        State::Sampled => Sampler::AlwaysOn,
        State::Off | State::Unsampled => Sampler::AlwaysOff,
    };
    let builder = SdkTracerProvider::builder().with_sampler(Sampler::ParentBased(Box::new(root)));
    match sink {
        Sink::Counting(counting) => builder.with_batch_exporter(counting.clone()).build(),
        Sink::Otlp(otlp) => builder.with_batch_exporter(otlp.exporter()).build(),
    }
}

impl<T: Tracer> RawOpenTelemetry<T>
where
    T::Span: Send + Sync + 'static,
{
    /// A context with a new span in it.
    fn enter(&self, name: &'static str, n: i64, attributes: bool) -> Context {
        let mut span = self.tracer.build(SpanBuilder::from_name(name));
        // The specification recommends this check to avoid attributes of a span that is not
        // recorded.
        if attributes && span.is_recording() {
            span.set_attributes([
                KeyValue::new("rows", n),
                KeyValue::new("engine", "sqlite"),
                KeyValue::new("table", text()),
            ]);
        }
        Context::current_with_span(span)
    }

    fn root(&self, attributes: bool) {
        let _attached = self.enter("root", CHILDREN, attributes).attach();
        for n in 0..CHILDREN {
            self.child(n, attributes);
        }
    }

    fn child(&self, n: i64, attributes: bool) -> i64 {
        let _attached = self.enter("child", n, attributes).attach();
        work(n)
    }

    async fn root_async(&self, attributes: bool, pause: bool) {
        let children = async {
            for n in 0..CHILDREN {
                self.child_async(n, attributes, pause).await;
            }
        };
        children.with_context(self.enter("root", CHILDREN, attributes)).await;
    }

    async fn child_async(&self, n: i64, attributes: bool, pause: bool) -> i64 {
        work_async(n, pause).with_context(self.enter("child", n, attributes)).await
    }
}

impl<T: Tracer + Send + Sync> Contestant for RawOpenTelemetry<T>
where
    T::Span: Send + Sync + 'static,
{
    fn trace(&self, case: Case) {
        match case.shape {
            Shape::Sync => self.root(case.attributes),
            shape => block_on(self.root_async(case.attributes, shape == Shape::Pending)),
        }
    }

    fn children(&self, case: Case) {
        for n in 0..SPANS {
            match case.shape {
                Shape::Sync => self.child(n, case.attributes),
                shape => block_on(self.child_async(n, case.attributes, shape == Shape::Pending)),
            };
        }
    }

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        let _attached = self.enter("root", 0, false).attach();
        act();
    }

    fn flush(&self) {
        if let Some(provider) = &self.provider {
            provider.force_flush().expect("spans are delivered");
        }
    }

    fn end(&self) -> Option<u64> {
        self.provider.as_ref()?.shutdown().expect("the SDK shuts down");
        Some(self.drops.spans())
    }
}

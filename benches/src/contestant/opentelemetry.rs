//! The OpenTelemetry API, and its SDK with the batch processor.

use std::sync::Arc;

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{
    FutureExt as _, Span, SpanBuilder, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};

use super::{CHILDREN, Contestant, Functions, State};
use crate::sink::Sink;
use crate::work::{text, work, work_async};

/// A tracer of the SDK's own type, which avoids dynamic dispatch, or the global tracer if there is no SDK.
#[derive(Debug)]
struct RawOpenTelemetry<T> {
    tracer: T,
    provider: Option<SdkTracerProvider>,
}

pub(super) fn start(state: State, sink: &Sink) -> Arc<dyn Contestant> {
    if state == State::Off {
        let tracer: BoxedTracer = global::tracer("bench");
        return Arc::new(RawOpenTelemetry { tracer, provider: None });
    }

    let provider = provider(state, sink);
    let tracer: SdkTracer = provider.tracer("bench");
    Arc::new(RawOpenTelemetry { tracer, provider: Some(provider) })
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
    /// Starts a span, and returns a context with it.
    fn enter(&self, name: &'static str, n: i64, attributes: bool) -> Context {
        let mut span = self.tracer.build(SpanBuilder::from_name(name));
        // The specification recommends this check, because it avoids the attributes of a span that is not recorded.
        if attributes && span.is_recording() {
            span.set_attributes([
                KeyValue::new("rows", n),
                KeyValue::new("engine", "sqlite"),
                KeyValue::new("table", text()),
            ]);
        }

        Context::current_with_span(span)
    }
}

impl<T: Tracer + Send + Sync> Functions for RawOpenTelemetry<T>
where
    T::Span: Send + Sync + 'static,
{
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

    async fn root_async(&self, attributes: bool) {
        let children = async {
            for n in 0..CHILDREN {
                self.child_async(n, attributes).await;
            }
        };

        children.with_context(self.enter("root", CHILDREN, attributes)).await;
    }

    async fn child_async(&self, n: i64, attributes: bool) -> i64 {
        work_async(n).with_context(self.enter("child", n, attributes)).await
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
        None
    }
}

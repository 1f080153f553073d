//! fastrace, with local spans in synchronous functions, like the expansion of its attribute.

use std::borrow::Cow;

use fastrace::collector::Config;
use fastrace::future::FutureExt as _;
use fastrace::prelude::{LocalSpan, Span, SpanContext};
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::{CHILDREN, Functions, State};
use crate::sink::{Otlp, Sink};
use crate::work::{text, work, work_async};

#[derive(Debug)]
pub(super) struct Fastrace;

impl Fastrace {
    pub(super) fn start(state: State, sink: &Sink) -> Self {
        if state != State::Off {
            match sink {
                Sink::Counting(counting) => {
                    fastrace::set_reporter(counting.clone(), Config::default());
                }
                Sink::Otlp(otlp) => fastrace::set_reporter(reporter(otlp), Config::default()),
            }
        }
        Self
    }
}

fn reporter(otlp: &Otlp) -> OpenTelemetryReporter {
    let resource = Resource::builder().with_service_name("bench").build();
    let scope = InstrumentationScope::builder("bench").build();
    let reporter = OpenTelemetryReporter::new(otlp.exporter(), Cow::Owned(resource), scope);
    match otlp.runtime() {
        Some(runtime) => reporter.with_block_on(move |export| runtime.block_on(export)),
        None => reporter,
    }
}

/// Returns three attributes. In fastrace, attributes are texts, and static texts are not copied.
fn properties(n: i64) -> [(&'static str, Cow<'static, str>); 3] {
    [("rows", n.to_string().into()), ("engine", "sqlite".into()), ("table", text().into())]
}

fn root_span(attributes: bool) -> Span {
    let root = Span::root("root", SpanContext::random());
    if attributes { root.with_properties(|| properties(CHILDREN)) } else { root }
}

impl Functions for Fastrace {
    fn root(&self, attributes: bool) {
        let root = root_span(attributes);
        let _current = root.set_local_parent();
        for n in 0..CHILDREN {
            self.child(n, attributes);
        }
    }

    fn child(&self, n: i64, attributes: bool) -> i64 {
        let span = LocalSpan::enter_with_local_parent("child");
        let _span = if attributes { span.with_properties(|| properties(n)) } else { span };
        work(n)
    }

    async fn root_async(&self, attributes: bool) {
        let children = async {
            for n in 0..CHILDREN {
                self.child_async(n, attributes).await;
            }
        };

        children.in_span(root_span(attributes)).await;
    }

    async fn child_async(&self, n: i64, attributes: bool) -> i64 {
        let mut span = Span::enter_with_local_parent("child");
        if attributes {
            span = span.with_properties(|| properties(n));
        }

        work_async(n).in_span(span).await
    }

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        let root = Span::root("root", SpanContext::random().sampled(false));
        let _current = root.set_local_parent();
        act();
    }

    fn flush(&self) {
        fastrace::flush();
    }
}

//! The contestants. All except the bare work record the same spans around the same work.

mod fastrace;
mod opentelemetry;
mod ours;
mod tracing;

use std::sync::Arc;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::ContextMode;
use serde::{Deserialize, Serialize};

use self::fastrace::Fastrace;
use self::ours::Ours;
use self::tracing::Tracing;
use crate::sink::Sink;
use crate::work::{block_on, work, work_async};

pub(crate) const CHILDREN: i64 = 10;

pub(crate) const SPANS: i64 = CHILDREN + 1;

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Case {
    /// Whether the functions are asynchronous. Each is pending once.
    pub(crate) is_async: bool,
    /// Whether spans have three typed attributes: an integer, a static text, and an owned text that is allocated for
    /// each call.
    pub(crate) attributes: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum State {
    Off,
    /// No span is sampled. The spans are below an unsampled root.
    Unsampled,
    Sampled,
}

/// The functions that a contestant defines. A root calls its children.
trait Functions: Send + Sync {
    fn root(&self, attributes: bool);
    fn child(&self, n: i64, attributes: bool) -> i64;
    async fn root_async(&self, attributes: bool);
    async fn child_async(&self, n: i64, attributes: bool) -> i64;
    fn below_unsampled_root(&self, act: &mut dyn FnMut());
    fn flush(&self) {}
    fn end(&self) -> Option<u64> {
        None
    }
}

/// A library that records spans, or a baseline.
pub(crate) trait Contestant: Send + Sync {
    fn trace(&self, case: Case);
    /// Records as many spans as a trace has, all of them children of the current span.
    fn children(&self, case: Case);
    fn below_unsampled_root(&self, act: &mut dyn FnMut());
    fn flush(&self);
    /// Shuts down, and returns the number of spans that count as lost, or `None` if nothing counts them.
    fn end(&self) -> Option<u64>;
}

impl<F: Functions> Contestant for F {
    fn trace(&self, case: Case) {
        if case.is_async {
            block_on(self.root_async(case.attributes));
        } else {
            self.root(case.attributes);
        }
    }

    fn children(&self, case: Case) {
        for n in 0..SPANS {
            if case.is_async {
                block_on(self.child_async(n, case.attributes));
            } else {
                self.child(n, case.attributes);
            }
        }
    }

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        Functions::below_unsampled_root(self, act);
    }

    fn flush(&self) {
        Functions::flush(self);
    }

    fn end(&self) -> Option<u64> {
        Functions::end(self)
    }
}

/// Defines the functions with a library's attribute: without span attributes, and with three. `$n` is the argument.
macro_rules! annotated {
    (#[$attribute:ident], $n:ident, ($($none:tt)*), ($($three:tt)*)) => {
        #[$attribute(name = "root" $($none)*)]
        fn root() {
            for n in 0..CHILDREN {
                child(n);
            }
        }

        #[$attribute(name = "child" $($none)*)]
        fn child(n: i64) -> i64 {
            work(n)
        }

        #[$attribute(name = "root" $($three)*)]
        fn root_attributes($n: i64) {
            for n in 0..$n {
                child_attributes(n);
            }
        }

        #[$attribute(name = "child" $($three)*)]
        fn child_attributes($n: i64) -> i64 {
            work($n)
        }

        #[$attribute(name = "root" $($none)*)]
        async fn root_async() {
            for n in 0..CHILDREN {
                child_async(n).await;
            }
        }

        #[$attribute(name = "child" $($none)*)]
        async fn child_async(n: i64) -> i64 {
            work_async(n).await
        }

        #[$attribute(name = "root" $($three)*)]
        async fn root_async_attributes($n: i64) {
            for n in 0..$n {
                child_async_attributes(n).await;
            }
        }

        #[$attribute(name = "child" $($three)*)]
        async fn child_async_attributes($n: i64) -> i64 {
            work_async($n).await
        }
    };
}

/// Implements the methods of [`Functions`] with the functions that [`annotated`] defines.
macro_rules! annotated_methods {
    () => {
        fn root(&self, attributes: bool) {
            if attributes { root_attributes(CHILDREN) } else { root() }
        }

        fn child(&self, n: i64, attributes: bool) -> i64 {
            if attributes { child_attributes(n) } else { child(n) }
        }

        async fn root_async(&self, attributes: bool) {
            if attributes { root_async_attributes(CHILDREN).await } else { root_async().await }
        }

        async fn child_async(&self, n: i64, attributes: bool) -> i64 {
            if attributes { child_async_attributes(n).await } else { child_async(n).await }
        }
    };
}

use {annotated, annotated_methods};

/// The work without spans.
#[derive(Debug)]
struct Bare;

#[inline(never)]
fn bare_child(n: i64) -> i64 {
    work(n)
}

impl Functions for Bare {
    fn root(&self, _: bool) {
        for n in 0..CHILDREN {
            bare_child(n);
        }

        let _ = work(CHILDREN);
    }

    fn child(&self, n: i64, _: bool) -> i64 {
        bare_child(n)
    }

    async fn root_async(&self, attributes: bool) {
        for n in 0..CHILDREN {
            self.child_async(n, attributes).await;
        }
    }

    async fn child_async(&self, n: i64, _: bool) -> i64 {
        work_async(n).await
    }

    fn below_unsampled_root(&self, act: &mut dyn FnMut()) {
        act();
    }
}

pub(crate) const BARE: &str = "bare work";
pub(crate) const OURS: &str = "floe-telemetry";
const BOUNDARIES: &str = "floe-telemetry, context: boundaries";
pub(crate) const OPENTELEMETRY: &str = "opentelemetry + SDK (batch)";
pub(crate) const TRACING: &str = "tracing + tracing-opentelemetry";
const LAYER: &str = "tracing + floe-telemetry's layer";
pub(crate) const FASTRACE: &str = "fastrace";

pub(crate) const NAMES: [&str; 7] =
    [BARE, OURS, BOUNDARIES, OPENTELEMETRY, TRACING, LAYER, FASTRACE];

/// Initialises a contestant with our default configuration. A process can have only one contestant.
pub(crate) fn start(name: &str, state: State, sink: &Sink) -> Arc<dyn Contestant> {
    start_with(name, state, sink, TelemetryConfig::new("bench"))
}

/// Initialises a contestant. Only those that use floe-telemetry use the configuration.
pub(crate) fn start_with(
    name: &str,
    state: State,
    sink: &Sink,
    mut config: TelemetryConfig,
) -> Arc<dyn Contestant> {
    if name == BOUNDARIES {
        config.context = ContextMode::Boundaries;
    }

    match name {
        BARE => Arc::new(Bare),
        OURS | BOUNDARIES => Arc::new(Ours::start(state, sink, config)),
        OPENTELEMETRY => opentelemetry::start(state, sink),
        TRACING => Arc::new(Tracing::start(state, sink)),
        LAYER => Arc::new(Tracing::ours(Ours::start(state, sink, config), state)),
        FASTRACE => Arc::new(Fastrace::start(state, sink)),
        name => unreachable!("no contestant `{name}`"),
    }
}

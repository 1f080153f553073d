//! The contestants, which all record the same spans around the same work.

mod bare;
mod clocks;
mod fastrace;
mod opentelemetry;
mod ours;
pub mod process;
mod tracing;

use std::str::FromStr;
use std::sync::Arc;

use floe_telemetry::config::ContextMode;

use self::bare::Bare;
use self::clocks::Clocks;
use self::fastrace::Fastrace;
use self::ours::Ours;
use self::tracing::Tracing;
use crate::sink::Sink;

/// Children of a root.
pub const CHILDREN: i64 = 10;

/// Spans of a trace.
pub const SPANS: i64 = CHILDREN + 1;

/// The kind of the measured functions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum Shape {
    Sync,
    /// Asynchronous, and ready at the first poll.
    Ready,
    /// Asynchronous, and pending once.
    Pending,
}

#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "of this workspace only")]
pub struct Case {
    pub shape: Shape,
    /// Three typed attributes (an integer, a static text, an owned text allocated for each call),
    /// or none.
    pub attributes: bool,
}

/// The state of a recorder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum State {
    /// Not initialised.
    Off,
    /// No span is sampled; the spans are below a root that is not sampled.
    Unsampled,
    /// Every span is sampled.
    Sampled,
}

/// A library that records spans, or a baseline.
pub trait Contestant: Send + Sync {
    /// Records a root and its children.
    fn trace(&self, case: Case);
    /// Records as many spans as a trace has, all of them children of the current span.
    fn children(&self, case: Case);
    /// Runs `act` below a root that is not sampled.
    fn below_unsampled_root(&self, act: &mut dyn FnMut());
    fn flush(&self) {}
    /// Shuts down and returns the number of spans that it counted as lost. `None` if it does not
    /// count them.
    fn end(&self) -> Option<u64> {
        None
    }
}

/// This library, with the setting `context: boundaries`.
pub const BOUNDARIES: &str = "floe-telemetry-boundaries";

/// tracing alone, with a subscriber whose level is `off`.
pub const TRACING_OFF: &str = "tracing-off";

/// tracing, with our layer.
pub const LAYER: &str = "floe-telemetry-layer";

pub const NAMES: [&str; 9] = [
    "bare",
    "clocks",
    TRACING_OFF,
    "floe-telemetry",
    BOUNDARIES,
    "opentelemetry",
    "tracing",
    LAYER,
    "fastrace",
];

/// Whether a contestant records spans. The others are baselines.
#[must_use]
pub fn makes_spans(name: &str) -> bool {
    !["bare", "clocks", TRACING_OFF].contains(&name)
}

/// The name of a contestant in a table.
#[must_use]
pub fn title(name: &str) -> &str {
    match name {
        "bare" => "bare work",
        "clocks" => "two clock reads",
        BOUNDARIES => "floe-telemetry, context: boundaries",
        "opentelemetry" => "opentelemetry + SDK (batch)",
        "tracing" => "tracing + tracing-opentelemetry",
        LAYER => "tracing + floe-telemetry's layer",
        TRACING_OFF => "tracing + fmt, level off",
        name => name,
    }
}

/// Initialises a contestant. Only one per process.
///
/// # Panics
///
/// The name is unknown, or the contestant cannot be initialised.
#[must_use]
pub fn start(name: &str, state: State, sink: &Sink) -> Arc<dyn Contestant> {
    match name {
        "bare" => Arc::new(Bare),
        "clocks" => Arc::new(Clocks),
        "floe-telemetry" => Arc::new(Ours::start(state, sink, ContextMode::EverySpan)),
        BOUNDARIES => Arc::new(Ours::start(state, sink, ContextMode::Boundaries)),
        "opentelemetry" => opentelemetry::start(state, sink),
        "tracing" => Arc::new(Tracing::start(state, sink)),
        LAYER => Arc::new(Tracing::ours(state, sink)),
        TRACING_OFF => Arc::new(Tracing::off()),
        "fastrace" => Arc::new(Fastrace::start(state, sink)),
        name => unreachable!("no contestant `{name}`"),
    }
}

impl Shape {
    pub const ALL: [Self; 3] = [Self::Sync, Self::Ready, Self::Pending];

    /// The name on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Ready => "async-ready",
            Self::Pending => "async-pending-once",
        }
    }
}

impl FromStr for Shape {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let shape = Self::ALL.into_iter().find(|shape| shape.name() == name);
        shape.ok_or(())
    }
}

impl State {
    pub const ALL: [Self; 3] = [Self::Off, Self::Unsampled, Self::Sampled];

    /// The name on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "not-initialised",
            Self::Unsampled => "unsampled-children",
            Self::Sampled => "sampled",
        }
    }
}

impl FromStr for State {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let state = Self::ALL.into_iter().find(|state| state.name() == name);
        state.ok_or(())
    }
}

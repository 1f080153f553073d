//! Who is measured: each makes the same spans around the same work.

mod bare;
mod clocks;
mod fastrace;
mod opentelemetry;
mod ours;
pub mod process;
mod tracing;

use std::str::FromStr;
use std::sync::Arc;

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

/// What the measured functions are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum Shape {
    /// Ordinary ones.
    Sync,
    /// Asynchronous ones that are ready when they are first polled.
    Ready,
    /// Asynchronous ones that are pending once.
    Pending,
}

/// What the measured functions are and what their spans carry.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "of this workspace only")]
pub struct Case {
    /// What the functions are.
    pub shape: Shape,
    /// Three typed attributes (an integer, a static text, an owned text made for the call), or none.
    pub attributes: bool,
}

/// What the recorder was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum State {
    /// Nothing.
    Off,
    /// To record nothing; the spans are below a root that was left out.
    Unsampled,
    /// To record everything.
    Sampled,
}

/// One that makes spans.
pub trait Contestant: Send + Sync {
    /// A root and its children.
    fn trace(&self, case: Case);
    /// As many spans as a trace has, all of them children of the current one.
    fn children(&self, case: Case);
    /// Runs `act` below a root that is not sampled.
    fn below_unsampled_root(&self, act: &mut dyn FnMut());
    /// Delivers everything.
    fn flush(&self) {}
    /// Ends, and tells how many spans it knows it has lost. `None`: it does not count them.
    fn end(&self) -> Option<u64> {
        None
    }
}

/// The contestants, by name.
pub const NAMES: [&str; 6] = [
    "bare",
    "clocks",
    "floe-telemetry",
    "opentelemetry",
    "tracing",
    "fastrace",
];

/// Whether a contestant is more than something to compare with.
#[must_use]
pub fn makes_spans(name: &str) -> bool {
    !["bare", "clocks"].contains(&name)
}

/// How a contestant is called in a table.
#[must_use]
pub fn title(name: &str) -> &str {
    match name {
        "bare" => "bare work",
        "clocks" => "two clock reads",
        "opentelemetry" => "opentelemetry + SDK (batch)",
        "tracing" => "tracing + tracing-opentelemetry",
        name => name,
    }
}

/// Sets a contestant up. Once in a process.
///
/// # Panics
///
/// There is none of this name, or it cannot be set up.
#[must_use]
pub fn start(name: &str, state: State, sink: &Sink) -> Arc<dyn Contestant> {
    match name {
        "bare" => Arc::new(Bare),
        "clocks" => Arc::new(Clocks),
        "floe-telemetry" => Arc::new(Ours::start(state, sink)),
        "opentelemetry" => opentelemetry::start(state, sink),
        "tracing" => Arc::new(Tracing::start(state, sink)),
        "fastrace" => Arc::new(Fastrace::start(state, sink)),
        name => unreachable!("no contestant `{name}`"),
    }
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sync, Self::Ready, Self::Pending];

    /// The word for it.
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
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Unsampled, Self::Sampled];

    /// The word for it.
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

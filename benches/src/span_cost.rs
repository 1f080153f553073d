//! What a span costs on the caller's thread: the cells of the peers' table and the goals they have.

use std::cmp::Ordering;

use serde::Serialize;

use crate::contestant::process::{Delivery, Nanos};
use crate::contestant::{Case, Shape, State};
use crate::statistics::Spread;

/// Our name among the contestants.
pub const OURS: &str = "floe-telemetry";

/// One contestant in one case.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Cell {
    /// Who was measured.
    pub contestant: &'static str,
    /// What it was told.
    pub state: &'static str,
    /// What the functions were.
    pub shape: &'static str,
    /// How many attributes each span had.
    pub attributes: u8,
    /// How many threads did the same at the same time.
    pub threads: usize,
    /// Nanoseconds per span on a busy thread.
    pub nanos: Spread,
    /// Nanoseconds per span on a thread that has slept.
    pub after_pause: Spread,
    /// Our nanoseconds as a multiple of these.
    pub ours_to_this: f64,
    /// Spans that were asked for in all cases of this state.
    pub asked: u64,
    /// Spans that arrived at the exporter.
    pub delivered: u64,
}

/// The coordinates of a cell, but for the contestant.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Place {
    /// What the contestants were told.
    pub state: State,
    /// What the functions were, and their attributes.
    pub case: Case,
    /// How many threads did the same at the same time.
    pub threads: usize,
}

impl Place {
    /// All of them, in the order of the table.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut places = Vec::new();
        for state in State::ALL.into_iter().rev() {
            for shape in Shape::ALL {
                for attributes in [false, true] {
                    for threads in [1, 2] {
                        places.push(Self {
                            state,
                            case: Case { shape, attributes },
                            threads,
                        });
                    }
                }
            }
        }
        places
    }

    /// The cell of a contestant here.
    #[must_use]
    pub fn cell(self, contestant: &'static str, nanos: &[Nanos], delivery: Delivery) -> Cell {
        Cell {
            contestant,
            state: self.state.name(),
            shape: self.case.shape.name(),
            attributes: if self.case.attributes { 3 } else { 0 },
            threads: self.threads,
            nanos: Spread::of(nanos.iter().map(|nanos| nanos.busy).collect()),
            after_pause: Spread::of(nanos.iter().map(|nanos| nanos.after_pause).collect()),
            ours_to_this: 1.0,
            asked: delivery.asked,
            delivered: delivery.delivered,
        }
    }
}

impl Cell {
    /// What is wrong with the delivery: spans are missing, or there are some that nobody asked for.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let (asked, delivered) = (self.asked, self.delivered);
        match delivered.cmp(&asked) {
            Ordering::Less => Some(format!("LOST {} of {asked}", asked - delivered)),
            Ordering::Equal => None,
            Ordering::Greater => Some(format!("{} MORE THAN {asked}", delivered - asked)),
        }
    }

    fn is(&self, contestant: &str, state: State, shape: Shape, attributes: u8) -> bool {
        self.contestant == contestant
            && self.state == state.name()
            && self.shape == shape.name()
            && self.attributes == attributes
            && self.threads == 1
    }
}

/// What one figure of ours must be at most, as a multiple of another figure or as a difference.
#[derive(Debug)]
struct Goal {
    says: &'static str,
    state: State,
    shape: Shape,
    attributes: u8,
    /// The figure it is held against: a contestant's in the same case, or our own synchronous one.
    against: &'static str,
    bound: Bound,
}

#[derive(Debug)]
enum Bound {
    /// Ours divided by the other.
    Ratio(f64),
    /// Ours less the other.
    Nanos(f64),
}

const GOALS: [Goal; 9] = {
    use Bound::{Nanos, Ratio};
    use State::{Off, Sampled, Unsampled};
    const fn sync(
        says: &'static str,
        state: State,
        attributes: u8,
        against: &'static str,
        bound: Bound,
    ) -> Goal {
        Goal {
            says,
            state,
            shape: Shape::Sync,
            attributes,
            against,
            bound,
        }
    }
    [
        sync(
            "sampled, 3 attributes: <= 0.25 x fastrace",
            Sampled,
            3,
            "fastrace",
            Ratio(0.25),
        ),
        sync(
            "sampled, 3 attributes: <= 0.22 x raw OpenTelemetry",
            Sampled,
            3,
            "opentelemetry",
            Ratio(0.22),
        ),
        sync(
            "sampled, 3 attributes: <= 0.06 x tracing",
            Sampled,
            3,
            "tracing",
            Ratio(0.06),
        ),
        sync(
            "sampled, none: <= 1 x fastrace",
            Sampled,
            0,
            "fastrace",
            Ratio(1.0),
        ),
        sync(
            "unsampled child: <= 0.1 x raw OpenTelemetry",
            Unsampled,
            0,
            "opentelemetry",
            Ratio(0.1),
        ),
        sync(
            "not initialised: <= bare work + 2 ns",
            Off,
            0,
            "bare",
            Nanos(2.0),
        ),
        sync(
            "not initialised: <= tracing + 1 ns",
            Off,
            0,
            "tracing",
            Nanos(1.0),
        ),
        Goal {
            says: "async ready at once, none: <= 1.3 x sync",
            state: Sampled,
            shape: Shape::Ready,
            attributes: 0,
            against: OURS,
            bound: Ratio(1.3),
        },
        Goal {
            says: "async ready at once, 3 attributes: <= 1.3 x sync",
            state: Sampled,
            shape: Shape::Ready,
            attributes: 3,
            against: OURS,
            bound: Ratio(1.3),
        },
    ]
};

/// Each goal with the figure it got and whether that is enough. Empty without our figures.
#[must_use]
pub fn goals(cells: &[Cell]) -> Vec<String> {
    let find = |contestant, goal: &Goal, shape| {
        let mut cells = cells.iter();
        cells
            .find(|cell| cell.is(contestant, goal.state, shape, goal.attributes))
            .map(|cell| cell.nanos.median)
    };
    let line = |goal: &Goal| {
        let ours = find(OURS, goal, goal.shape)?;
        let against = if goal.against == OURS {
            find(OURS, goal, Shape::Sync)?
        } else {
            find(goal.against, goal, goal.shape)?
        };
        let (got, unit, bound) = match goal.bound {
            Bound::Ratio(bound) => (ours / against, " x", bound),
            Bound::Nanos(bound) => (ours - against, " ns", bound),
        };
        let verdict = if got <= bound { "met" } else { "MISSED" };
        Some(format!("{:<52} {got:>8.3}{unit:<3} {verdict}", goal.says))
    };
    GOALS.iter().filter_map(line).collect()
}

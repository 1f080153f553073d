//! The cost of a span on the caller's thread: the cells of the table of contestants, and the goals.

use std::cmp::Ordering;

use serde::Serialize;

use crate::contestant::process::{Delivery, Nanos};
use crate::contestant::{BOUNDARIES, Case, LAYER, Shape, State};
use crate::statistics::Spread;

/// Our name among the contestants.
pub const OURS: &str = "floe-telemetry";

/// The figures of one contestant in one case.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Cell {
    pub contestant: &'static str,
    pub state: &'static str,
    /// The kind of functions.
    pub shape: &'static str,
    pub attributes: u8,
    /// The number of threads that record at the same time.
    pub threads: usize,
    /// Nanoseconds per span on a busy thread.
    pub nanos: Spread,
    /// Nanoseconds per span on a thread that has slept.
    pub after_pause: Spread,
    /// Our nanoseconds divided by these.
    pub ours_to_this: f64,
    /// Spans that were recorded in all cases of this state.
    pub recorded: u64,
    /// Spans that arrived at the exporter.
    pub delivered: u64,
}

/// The coordinates of a cell, except the contestant.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Place {
    pub state: State,
    pub case: Case,
    pub threads: usize,
}

impl Place {
    /// All places, in the order of the table.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut places = Vec::new();
        for state in State::ALL.into_iter().rev() {
            for shape in Shape::ALL {
                for attributes in [false, true] {
                    for threads in [1, 2] {
                        places.push(Self { state, case: Case { shape, attributes }, threads });
                    }
                }
            }
        }
        places
    }

    /// The cell of a contestant in this place.
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
            recorded: delivery.recorded,
            delivered: delivery.delivered,
        }
    }
}

impl Cell {
    /// The defect of the delivery, if any: lost or duplicated spans.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let (recorded, delivered) = (self.recorded, self.delivered);
        match delivered.cmp(&recorded) {
            Ordering::Less => Some(format!("LOST {} of {recorded}", recorded - delivered)),
            Ordering::Equal => None,
            Ordering::Greater => Some(format!("{} MORE THAN {recorded}", delivered - recorded)),
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

#[derive(Debug)]
struct Goal {
    description: &'static str,
    ours: &'static str,
    state: State,
    shape: Shape,
    attributes: u8,
    /// The figure to compare with: a contestant's in the same case, or our own synchronous one.
    against: &'static str,
    bound: Bound,
}

#[derive(Debug)]
enum Bound {
    /// Ours divided by the other.
    Ratio(f64),
    /// Ours minus the other.
    Nanos(f64),
}

const GOALS: [Goal; 10] = {
    use Bound::{Nanos, Ratio};
    use State::{Off, Sampled, Unsampled};
    const fn sync(
        description: &'static str,
        state: State,
        attributes: u8,
        against: &'static str,
        bound: Bound,
    ) -> Goal {
        Goal { description, ours: OURS, state, shape: Shape::Sync, attributes, against, bound }
    }
    const fn boundaries(
        description: &'static str,
        attributes: u8,
        against: &'static str,
        bound: f64,
    ) -> Goal {
        Goal { ours: BOUNDARIES, ..sync(description, Sampled, attributes, against, Ratio(bound)) }
    }
    [
        boundaries("boundaries, sampled, 3 attributes: <= 0.35 x fastrace", 3, "fastrace", 0.35),
        boundaries(
            "boundaries, sampled, 3 attributes: <= 0.13 x raw OpenTelemetry",
            3,
            "opentelemetry",
            0.13,
        ),
        boundaries("boundaries, sampled, 3 attributes: <= 0.045 x tracing", 3, "tracing", 0.045),
        boundaries("boundaries, sampled, none: <= 0.65 x fastrace", 0, "fastrace", 0.65),
        sync(
            "unsampled child: <= 0.1 x raw OpenTelemetry",
            Unsampled,
            0,
            "opentelemetry",
            Ratio(0.1),
        ),
        sync("not initialised: <= bare work + 2 ns", Off, 0, "bare", Nanos(2.0)),
        sync("not initialised: <= tracing + 1 ns", Off, 0, "tracing", Nanos(1.0)),
        Goal {
            ours: LAYER,
            ..sync(
                "tracing, sampled, 3 attributes: <= 0.33 x tracing",
                Sampled,
                3,
                "tracing",
                Ratio(0.33),
            )
        },
        Goal {
            description: "async ready at once, none: <= 1.3 x sync",
            ours: OURS,
            state: Sampled,
            shape: Shape::Ready,
            attributes: 0,
            against: OURS,
            bound: Ratio(1.3),
        },
        Goal {
            description: "async ready at once, 3 attributes: <= 1.3 x sync",
            ours: OURS,
            state: Sampled,
            shape: Shape::Ready,
            attributes: 3,
            against: OURS,
            bound: Ratio(1.3),
        },
    ]
};

/// Each goal with its figure and whether it is met. Empty without our figures.
#[must_use]
pub fn goals(cells: &[Cell]) -> Vec<String> {
    let find = |contestant, goal: &Goal, shape| {
        let mut cells = cells.iter();
        cells
            .find(|cell| cell.is(contestant, goal.state, shape, goal.attributes))
            .map(|cell| cell.nanos.median)
    };
    let line = |goal: &Goal| {
        let ours = find(goal.ours, goal, goal.shape)?;
        let against = if goal.against == OURS {
            find(goal.ours, goal, Shape::Sync)?
        } else {
            find(goal.against, goal, goal.shape)?
        };
        let (got, unit, bound) = match goal.bound {
            Bound::Ratio(bound) => (ours / against, " x", bound),
            Bound::Nanos(bound) => (ours - against, " ns", bound),
        };
        let verdict = if got <= bound { "met" } else { "MISSED" };
        Some(format!("{:<52} {got:>8.3}{unit:<3} {verdict}", goal.description))
    };
    GOALS.iter().filter_map(line).collect()
}

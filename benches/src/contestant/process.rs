//! A contestant in a process of its own, measured when it is asked.

use std::str::SplitWhitespace;
use std::sync::Arc;

use super::{Case, Contestant, SPANS, Shape, State, makes_spans, start};
use crate::arguments;
use crate::child::{self, Child, word};
use crate::counting::Counting;
use crate::pool::{Act, Pool};
use crate::sink::Sink;
use crate::statistics::Spread;

/// Traces of one measurement on one thread, and as many before it that only warm the caches. With
/// two threads that is 1980 spans, which the 2048 of the SDK's one queue can hold.
const TRACES: u32 = 80;
const WARM_UP: u32 = 10;

/// Measurements of one turn, one right after the other. While the others had theirs, the caches were
/// emptied, so the first one is of a thread that has slept; those after `SETTLED` are of a busy one.
const MEASUREMENTS: usize = 8;
const SETTLED: usize = 3;

/// Most threads a measurement may have.
pub const THREADS: usize = 2;

/// The parent's end.
#[derive(Debug)]
pub struct Process {
    /// The contestant's name.
    pub name: &'static str,
    /// What it was told.
    pub state: State,
    child: Child,
}

/// Nanoseconds per span.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Nanos {
    /// On a thread that has made spans just before.
    pub busy: f64,
    /// On a thread that has slept while others used its processor.
    pub after_pause: f64,
}

/// How many spans a contestant was asked for, and how many arrived at its exporter.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Delivery {
    /// Spans that were asked for.
    pub asked: u64,
    /// Spans that arrived.
    pub delivered: u64,
}

impl Process {
    /// Starts the program again as this contestant.
    #[must_use]
    pub fn start(name: &'static str, state: State) -> Self {
        Self {
            name,
            state,
            child: Child::start(&["--contestant", name, "--state", state.name()]),
        }
    }

    /// One turn.
    pub fn measure(&mut self, case: Case, threads: usize) -> Nanos {
        let (shape, attributes) = (case.shape.name(), case.attributes);
        let answer = self
            .child
            .ask(&format!("measure {shape} {attributes} {threads}"));
        let mut words = answer.split_whitespace();
        Nanos {
            busy: word(&mut words),
            after_pause: word(&mut words),
        }
    }

    /// What has become of the spans so far.
    pub fn delivery(&mut self) -> Delivery {
        let answer = self.child.ask("delivery");
        let mut words = answer.split_whitespace();
        Delivery {
            asked: word(&mut words),
            delivered: word(&mut words),
        }
    }
}

/// If this process was started by [`Process::start`], is the contestant until the parent has gone.
#[must_use]
pub fn serve() -> bool {
    let Some(name) = arguments::value::<String>("--contestant") else {
        return false;
    };
    let state = arguments::value("--state").unwrap_or(State::Sampled);
    let arrived = Counting::default();
    let contestant = start(&name, state, &Sink::Counting(arrived.clone()));
    let pool = Pool::new(THREADS);
    let mut asked = 0;
    child::serve(|words| {
        if word::<String>(words) == "delivery" {
            return format!("{asked} {}", arrived.spans());
        }
        let (case, threads) = read(words);
        #[expect(clippy::cast_precision_loss, reason = "few spans")]
        let spans = (i64::from(TRACES) * SPANS) as f64;
        let warm_up = act(&contestant, case, state, WARM_UP);
        let measured = act(&contestant, case, state, TRACES);
        let nanos: Vec<f64> = (0..MEASUREMENTS)
            .map(|_| {
                let took = pool.run(threads, &warm_up, &measured);
                contestant.flush();
                took.wall.as_secs_f64() * 1e9 / spans
            })
            .collect();
        if state == State::Sampled && makes_spans(&name) {
            let spans = u64::from(TRACES + WARM_UP) * SPANS.unsigned_abs();
            asked += spans * (threads * MEASUREMENTS) as u64;
        }
        let busy = Spread::of(nanos[SETTLED..].to_vec()).median;
        format!("{busy} {}", nanos[0])
    });
    true
}

fn read(words: &mut SplitWhitespace<'_>) -> (Case, usize) {
    let shape = word::<String>(words).parse().unwrap_or(Shape::Sync);
    let attributes = word(words);
    (Case { shape, attributes }, word(words))
}

fn act(contestant: &Arc<dyn Contestant>, case: Case, state: State, times: u32) -> Act {
    let contestant = Arc::clone(contestant);
    Arc::new(move || {
        let mut repeat = || {
            for _ in 0..times {
                match state {
                    State::Unsampled => contestant.children(case),
                    State::Off | State::Sampled => contestant.trace(case),
                }
            }
        };
        match state {
            State::Unsampled => contestant.below_unsampled_root(&mut repeat),
            State::Off | State::Sampled => repeat(),
        }
    })
}

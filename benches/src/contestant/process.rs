//! A contestant in a process of its own, measured when it is asked.

use std::str::SplitWhitespace;
use std::sync::Arc;

use super::{Case, Contestant, SPANS, Shape, State, makes_spans, start};
use crate::arguments;
use crate::child::{self, Child, word};
use crate::counting::Counting;
use crate::pool::{Act, Pool};
use crate::sink::Sink;

/// Traces of one measurement on one thread, and as many before it that only warm the caches. With
/// two threads that is 1980 spans, which the 2048 of the SDK's one queue can hold.
const TRACES: u32 = 80;
const WARM_UP: u32 = 10;

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

    /// Nanoseconds per span.
    pub fn measure(&mut self, case: Case, threads: usize) -> f64 {
        let (shape, attributes) = (case.shape.name(), case.attributes);
        let answer = self
            .child
            .ask(&format!("measure {shape} {attributes} {threads}"));
        word(&mut answer.split_whitespace())
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
        let took = pool.run(
            threads,
            &act(&contestant, case, state, WARM_UP),
            &act(&contestant, case, state, TRACES),
        );
        contestant.flush();
        if state == State::Sampled && makes_spans(&name) {
            let spans = i64::from(TRACES + WARM_UP) * SPANS;
            asked += spans.unsigned_abs() * threads as u64;
        }
        #[expect(clippy::cast_precision_loss, reason = "few spans")]
        let spans = (i64::from(TRACES) * SPANS) as f64;
        format!("{}", took.wall.as_secs_f64() * 1e9 / spans)
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

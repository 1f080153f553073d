//! A contestant in its own process, measured on request.

use std::str::SplitWhitespace;
use std::sync::Arc;

use super::{Case, Contestant, SPANS, Shape, State, makes_spans, start};
use crate::arguments;
use crate::child::{self, Child, word};
use crate::counting::Counting;
use crate::pool::{Act, Pool};
use crate::sink::Sink;
use crate::statistics::Spread;

/// Traces of one measurement on one thread, after `WARM_UP` traces that fill the caches. With two
/// threads that is 1980 spans, which fit into the SDK's queue of 2048.
const TRACES: u32 = 80;
const WARM_UP: u32 = 10;

/// Consecutive measurements of one turn. The other contestants displaced the caches, so the first
/// measurement shows a thread that has slept; measurements after `SETTLED` show a busy one.
const MEASUREMENTS: usize = 8;
const SETTLED: usize = 3;

/// The maximum number of threads of a measurement.
pub const THREADS: usize = 2;

/// The parent's handle of a contestant.
#[derive(Debug)]
pub struct Process {
    pub name: &'static str,
    pub state: State,
    child: Child,
}

/// Nanoseconds per span.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Nanos {
    /// On a thread that recorded spans immediately before.
    pub busy: f64,
    /// On a thread that slept while others used its processor.
    pub after_pause: f64,
}

/// How many spans a contestant recorded, and how many arrived at its exporter.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Delivery {
    pub recorded: u64,
    pub delivered: u64,
}

impl Process {
    /// Starts the program again as this contestant.
    ///
    /// # Panics
    ///
    /// The path of this program is not known.
    #[must_use]
    pub fn start(name: &'static str, state: State) -> Self {
        Self { name, state, child: Child::start(&["--contestant", name, "--state", state.name()]) }
    }

    /// Measures one turn.
    pub fn measure(&mut self, case: Case, threads: usize) -> Nanos {
        let (shape, attributes) = (case.shape.name(), case.attributes);
        let answer = self.child.request(&format!("measure {shape} {attributes} {threads}"));
        let mut words = answer.split_whitespace();
        Nanos { busy: word(&mut words), after_pause: word(&mut words) }
    }

    pub fn delivery(&mut self) -> Delivery {
        let answer = self.child.request("delivery");
        let mut words = answer.split_whitespace();
        Delivery { recorded: word(&mut words), delivered: word(&mut words) }
    }
}

/// If this process was started by [`Process::start`], runs the contestant until the parent exits.
#[must_use]
pub fn serve() -> bool {
    let Some(name) = arguments::value::<String>("--contestant") else {
        return false;
    };
    let state = arguments::value("--state").unwrap_or(State::Sampled);
    let arrived = Counting::default();
    let contestant = start(&name, state, &Sink::Counting(arrived.clone()));
    let pool = Pool::new(THREADS);
    let mut recorded = 0;
    child::serve(|words| {
        if word::<String>(words) == "delivery" {
            return format!("{recorded} {}", arrived.spans());
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
            recorded += spans * (threads * MEASUREMENTS) as u64;
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

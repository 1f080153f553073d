//! A layer in its own process, measured on request.

use super::{Bridge, Shape};
use crate::child::{self, Child, word};
use crate::counting::Counting;
use crate::statistics::Spread;
use crate::{arguments, cpu_time};

/// The maximum number of spans of one measurement: they fit into the SDK's queue, and are as many
/// as in the benchmark `peers`.
const SPANS: u32 = 1000;

/// Measurements of one turn; those after `SETTLED` are those of a busy thread.
const MEASUREMENTS: usize = 8;
const SETTLED: usize = 3;

/// The parent's handle of a layer.
#[derive(Debug)]
pub struct Process {
    /// The layer.
    pub bridge: Bridge,
    /// Whether spans are sampled.
    pub is_sampled: bool,
    child: Child,
}

impl Process {
    /// Starts the program again with this layer.
    #[must_use]
    pub fn start(bridge: Bridge, is_sampled: bool) -> Self {
        let sampled = is_sampled.to_string();
        let arguments = ["--bridge", bridge.name(), "--sampled", &sampled];
        Self { bridge, is_sampled, child: Child::start(&arguments) }
    }

    /// Measures one turn: nanoseconds of CPU time per span.
    pub fn measure(&mut self, shape: Shape) -> f64 {
        let answer = self.child.request(&format!("measure {}", shape.name()));
        word(&mut answer.split_whitespace())
    }

    /// How many spans were recorded, and how many arrived at the exporter.
    pub fn delivery(&mut self) -> (u64, u64) {
        let answer = self.child.request("delivery");
        let mut words = answer.split_whitespace();
        (word(&mut words), word(&mut words))
    }
}

/// If this process was started by [`Process::start`], runs the layer until the parent exits.
///
/// # Panics
///
/// The name is unknown, or the layer cannot be initialised.
#[must_use]
pub fn serve() -> bool {
    let Some(name) = arguments::value::<String>("--bridge") else {
        return false;
    };
    let is_sampled = arguments::value("--sampled").unwrap_or(true);
    let bridge = Bridge::ALL.into_iter().find(|bridge| bridge.name() == name);
    let bridge = bridge.expect("the name of a layer");
    let arrived = Counting::default();
    let exporting = bridge.start(is_sampled, &arrived);
    let mut recorded = 0;
    child::serve(|words| {
        if word::<String>(words) == "delivery" {
            return format!("{recorded} {}", arrived.spans());
        }
        let shape: Shape = word::<String>(words).parse().unwrap_or(Shape::Children);
        let traces = SPANS / shape.spans();
        let spans = traces * shape.spans();
        let measured = (0..MEASUREMENTS).map(|_| {
            // CPU time of this thread only, which other programs do not affect.
            let started = cpu_time::of_thread();
            repeat(shape, traces, is_sampled);
            let took = cpu_time::of_thread().saturating_sub(started);
            exporting.flush();
            took.as_secs_f64() * 1e9 / f64::from(spans)
        });
        let measured: Vec<f64> = measured.skip(SETTLED).collect();
        if is_sampled && bridge != Bridge::Registry {
            recorded += u64::from(spans) * MEASUREMENTS as u64;
        }
        format!("{}", Spread::of(measured).median)
    });
    true
}

fn repeat(shape: Shape, traces: u32, is_sampled: bool) {
    let traces = || (0..traces).for_each(|_| shape.trace());
    if is_sampled {
        traces();
    } else {
        // In an unsampled trace, the root is the smallest part of the cost.
        tracing::info_span!("unsampled").in_scope(traces);
    }
}

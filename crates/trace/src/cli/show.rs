//! `floe-trace show`: traces as waterfalls in the terminal.

use std::cmp::Reverse;
use std::env;
use std::io::{self, IsTerminal as _};

use clap::Args;
use floe_trace::{Forest, WaterfallOptions, waterfall};
use floe_waterfall::uses_color;

use super::input::{Input, print_notes};
use super::{Failure, print, table};

/// The width of output whose width is unknown, such as a file or a log of CI, in columns.
const WIDTH: usize = 120;

#[derive(Clone, Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    input: Input,
    /// The number of traces to draw: those with errors first, then the longest ones
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    limit: usize,
    #[command(flatten)]
    look: Look,
}

/// How traces are drawn.
#[derive(Clone, Debug, Args)]
pub(crate) struct Look {
    /// Draw every span of a trace, in at most 10,000 rows
    #[arg(long)]
    all: bool,
    /// Draw the attributes of all spans, not only those of failed ones
    #[arg(long)]
    attributes: bool,
}

impl Look {
    fn options(&self) -> WaterfallOptions {
        WaterfallOptions {
            color: uses_color(io::stdout().is_terminal(), |name| env::var_os(name)),
            width: table::width(WIDTH),
            attributes: self.attributes,
            unfolded: if self.all { usize::MAX } else { WaterfallOptions::default().unfolded },
        }
    }
}

pub(crate) fn show(options: &Show) -> Result<(), Failure> {
    let recording = options.input.read_spans()?;
    let forest = Forest::new(&recording);
    print_notes(forest.notes());
    let mut traces: Vec<_> = forest.traces().iter().collect();
    let found = traces.len();
    traces.sort_by_key(|trace| (trace.errors == 0, Reverse(trace.duration())));
    traces.truncate(options.limit);
    let look = options.look.options();
    for trace in &traces {
        print(waterfall(&forest, trace, look) + "\n")?;
    }
    if traces.len() < found {
        let left = found - traces.len();
        print(format_args!("… {left} more traces; --limit {found} draws them\n"))?;
    }
    Ok(())
}

/// Draws all traces of a recording, each followed by an empty line.
#[cfg(feature = "listen")]
pub(crate) fn picture(recording: &floe_trace::Recording, look: &Look) -> String {
    let forest = Forest::new(recording);
    let look = look.options();
    let pictures = forest.traces().iter().map(|trace| waterfall(&forest, trace, look));
    pictures.map(|picture| picture + "\n").collect()
}

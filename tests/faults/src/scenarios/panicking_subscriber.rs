//! The `tracing` subscriber of the program panics for each message of the library's threads.

use std::panic;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use floe_tests::ReservedPort;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// More spans than fit into the queue and the buffer of a thread.
const SPANS: u64 = 20_000;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "panicking_subscriber",
    promise: "a subscriber that panics ends no thread of the library, and every span is counted",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

const MESSAGE: &str = "subscriber";

struct Panicking;

impl<S: Subscriber> Layer<S> for Panicking {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        let thread = thread::current();
        let is_of_library = thread.name().is_some_and(|name| name.starts_with("floe-"));
        assert!(!is_of_library, "{MESSAGE}");
    }
}

fn program(program: &mut Program) {
    // The other panics are written, and the check finds them.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !panic.to_string().ends_with(MESSAGE) {
            hook(panic);
        }
    }));
    let panicking = Panicking.with_filter(LevelFilter::INFO);
    tracing_subscriber::registry().with(panicking).init();
    program.start_within(Duration::from_millis(200));
    // The exporter warns about these spans.
    program.spans(10);
    program.flush("first", Duration::from_secs(20));
    // The collector warns about these spans.
    program.spans(SPANS);
    program.flush("second", Duration::from_secs(20));
    program.spans(10);
    program.shutdown(Duration::from_secs(20));
}

fn check(case: &Case) -> Result<Report> {
    let port = ReservedPort::new();
    let endpoint = port.endpoint();
    let report = case.report(&endpoint)?;
    for name in ["first", "second", "shutdown"] {
        let error = report.error(name)?;
        let is_complete = error.contains("the connection failed") && error.contains(&endpoint);
        ensure!(is_complete, "{name}: {error}");
    }
    let counters = report.counters;
    ensure!(counters.failed > 0 && counters.exported + counters.pending == 0, "{counters:?}");
    Ok(report)
}

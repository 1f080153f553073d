//! The exporters to the terminal, linked by another crate.

use opentelemetry_sdk::Resource;

use crate::collector::{Destination, WorkerSettings};
use crate::config::needed;
use crate::error::Error;
use crate::metrics::MetricDestination;

/// The exporters to the terminal.
#[derive(Debug)]
pub struct ConsoleExporters {
    /// Starts the exporter of spans. The number is the maximum number of bytes of incomplete traces.
    pub spans: StartSpans,
    /// Creates the exporter of metrics.
    pub metrics: fn() -> MetricDestination,
}

type StartSpans = fn(usize, &Resource, &WorkerSettings) -> Result<Box<dyn Destination>, Error>;

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static CONSOLE: [ConsoleExporters] = "fl_console_0_1";
}

impl ConsoleExporters {
    /// Returns the exporters. Fails if they are not linked.
    pub(crate) fn find() -> Result<&'static Self, Error> {
        CONSOLE.iter().next().ok_or_else(|| {
            let needed = needed("the exporter `console`", "console");
            Error::config(format!("exporters: {needed}"))
        })
    }
}

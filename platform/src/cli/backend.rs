//! `floe backend`: the values of the Helm charts of a product's telemetry backend, or whether it accepts telemetry.

use std::fmt::Write as _;

use clap::Args;
use floe_plugins::error::Error;
use floe_telemetry::{TelemetryConfig, backend};

use super::arguments::ProductArgs;
use super::helm;
use super::output::print;
use crate::telemetry;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    /// Check instead whether the backend accepts telemetry, within ten seconds
    #[arg(long)]
    check: bool,
}

pub(super) fn backend(arguments: &Arguments) -> Result<(), Error> {
    let config = arguments.product.read()?.telemetry;
    if arguments.check {
        return check_backend(&telemetry::with_environment(config)?);
    }
    print_charts(&config)
}

/// Checks whether the backend accepts telemetry, within ten seconds.
fn check_backend(config: &TelemetryConfig) -> Result<(), Error> {
    let report = backend::validate_connection(config).map_err(|error| refused(&error))?;
    if report.is_ok() {
        return print(&format_args!("{}: {report}\n", config.backend));
    }
    Err(Error::Telemetry(format!("{}: {report}", config.backend)))
}

/// Prints the values of the Helm charts of the backend, one YAML document for each chart.
fn print_charts(config: &TelemetryConfig) -> Result<(), Error> {
    let backend = backend::find(&config.backend).map_err(|error| refused(&error))?;
    let mut text = String::new();
    for chart in helm::charts(backend, config) {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "---\n# helm install … {}\n{}", chart.chart, chart.values);
    }
    if text.is_empty() {
        let _ = writeln!(text, "# {} needs no chart", config.backend);
    }
    print(&text)
}

fn refused(error: &floe_telemetry::Error) -> Error {
    Error::Setting(error.to_string())
}

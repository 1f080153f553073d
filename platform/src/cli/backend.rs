//! The telemetry backend that a product's manifest chooses: tried, or installed.

use std::fmt::Write as _;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::plugin;

use super::output::say;
use crate::error::Error;

/// Tries whether it takes telemetry, within ten seconds.
pub(super) fn check(config: &TelemetryConfig) -> Result<(), Error> {
    let report = plugin::validate_connection(config).map_err(|error| refused(&error))?;
    if report.is_ok() {
        say(&format_args!("{}: {report}\n", config.backend));
        return Ok(());
    }
    Err(Error::Telemetry(format!("{}: {report}", config.backend)))
}

/// Prints the values of the Helm charts that it needs, one YAML document for each chart.
pub(super) fn values(config: &TelemetryConfig) -> Result<(), Error> {
    let backend = plugin::backend(&config.backend).map_err(|error| refused(&error))?;
    let mut text = String::new();
    for chart in backend.helm_values(config) {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "---\n# helm install … {}\n{}",
            chart.chart, chart.values
        );
    }
    if text.is_empty() {
        let _ = writeln!(text, "# {} needs no chart", config.backend);
    }
    say(&text);
    Ok(())
}

fn refused(error: &floe_telemetry::Error) -> Error {
    Error::Setting(error.to_string())
}

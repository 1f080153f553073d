//! `floe backend`: checks whether a product's telemetry backend accepts telemetry.

use floe_plugin::backend;
use floe_plugins::error::Error;

use super::arguments::ProductArgs;
use super::output::print;
use crate::telemetry;

pub(super) fn backend(product: &ProductArgs) -> Result<(), Error> {
    let config = telemetry::with_environment(product.read()?.telemetry)?;
    let report =
        backend::validate_connection(&config).map_err(|error| Error::Setting(error.to_string()))?;
    if report.is_ok() {
        return print(&format_args!("{}: {report}\n", config.backend));
    }
    Err(Error::Telemetry(format!("{}: {report}", config.backend)))
}

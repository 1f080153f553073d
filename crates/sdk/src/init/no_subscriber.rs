//! The subscriber of a program without log lines and spans of `tracing`: there is none.

use std::any::Any;

use crate::config::TelemetryConfig;
use crate::error::Error;

#[expect(clippy::unnecessary_wraps, reason = "the signature of the other module")]
pub(super) fn install(_: &mut TelemetryConfig, _: Vec<Box<dyn Any + Send>>) -> Result<(), Error> {
    Ok(())
}

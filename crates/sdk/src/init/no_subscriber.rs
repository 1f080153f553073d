//! The subscriber of a program without log lines and spans of `tracing`: there is none.

use crate::config::TelemetryConfig;
use crate::error::Error;
use crate::layers::ProgramLayer;

#[expect(clippy::unnecessary_wraps, reason = "the signature of the other module")]
pub(super) fn install(_: &mut TelemetryConfig, _: Vec<ProgramLayer>) -> Result<(), Error> {
    Ok(())
}

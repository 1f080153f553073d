//! A program without log lines and spans of `tracing` has no subscriber.

use crate::config::TelemetryConfig;
use crate::error::Error;
use crate::layers::ProgramLayer;

#[expect(clippy::unnecessary_wraps, reason = "`install` in `subscriber.rs` can fail")]
pub(super) fn install(_: &mut TelemetryConfig, _: Vec<ProgramLayer>) -> Result<(), Error> {
    Ok(())
}

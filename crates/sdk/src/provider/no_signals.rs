//! Systems without the signals of Unix.

use std::sync::Arc;
use std::time::Duration;

use super::Inner;
use crate::error::Error;

#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(super) const fn shut_down(_: &Arc<Inner>, _: Duration) -> Result<(), Error> {
    Ok(())
}

//! Sends a request with retries and exponential backoff.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use super::Transport;
use super::response::Outcome;
use crate::recorder::random;

/// The most attempts for one request.
const MAX_ATTEMPTS: u32 = 5;

/// The delay before the first retry. It doubles with each further retry.
const INITIAL_DELAY: Duration = Duration::from_millis(100);

/// Sends `request`, and retries it as long as the outcome permits. The caller sets a timeout for all
/// attempts together.
pub(super) async fn send(transport: &mut dyn Transport, request: Bytes) -> Result<(), String> {
    let mut delay = INITIAL_DELAY;
    let mut attempt = 1;
    loop {
        match transport.send(request.clone()).await {
            Outcome::Accepted => return Ok(()),
            Outcome::Rejected(reason) => return Err(reason),
            Outcome::Retry { reason, .. } if attempt == MAX_ATTEMPTS => return Err(reason),
            Outcome::Retry { after, .. } => {
                // Jitter spreads the retries of many senders that failed at the same time.
                let jittered = delay.mul_f64(0.5 + random());
                sleep(after.unwrap_or(jittered)).await;
                delay *= 2;
                attempt += 1;
            }
        }
    }
}

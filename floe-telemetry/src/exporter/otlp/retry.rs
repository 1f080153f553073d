//! Sending until it is taken, refused, or hopeless.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use super::Transport;
use super::response::Answer;
use crate::recorder::random;

/// How often a batch is sent at most.
const ATTEMPTS: u32 = 5;

/// The first pause. Each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// Sends `request`, again after a pause if the receiver asks for that. The caller bounds the time
/// of it all.
pub(super) async fn send(transport: &mut dyn Transport, request: Bytes) -> Result<(), String> {
    let mut pause = PAUSE;
    let mut attempt = 1;
    loop {
        match transport.send(request.clone()).await {
            Answer::Taken => return Ok(()),
            Answer::Refused(reason) => return Err(reason),
            Answer::Again { reason, .. } if attempt == ATTEMPTS => return Err(reason),
            Answer::Again { after, .. } => {
                // Jitter, so that senders that failed together do not come back together.
                let jittered = pause.mul_f64(0.5 + random());
                sleep(after.unwrap_or(jittered)).await;
                pause *= 2;
                attempt += 1;
            }
        }
    }
}

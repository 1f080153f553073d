//! Tells the exporters of a provider that it shuts down, wherever their threads wait.

use std::time::Instant;

use tokio::sync::watch;

/// When exports have to end. A shutdown sets it once.
#[derive(Debug, Default)]
pub(crate) struct Ending(watch::Sender<Option<Instant>>);

impl Ending {
    pub(crate) fn begin(&self, end: Instant) {
        self.0.send_replace(Some(end));
    }

    /// Returns when exports have to end. `None` before the shutdown.
    pub(crate) fn get(&self) -> Option<Instant> {
        *self.0.borrow()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Instant>> {
        self.0.subscribe()
    }
}

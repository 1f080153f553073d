//! The places where spans are spoken to that no thread keeps. There are as many in all as spans were
//! open at the same time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};

use super::pending::PendingUpdates;

static SPARE: LazyLock<(
    Sender<&'static PendingUpdates>,
    Mutex<Receiver<&'static PendingUpdates>>,
)> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    (sender, Mutex::new(receiver))
});

/// One that nobody uses.
#[cold]
pub(super) fn take() -> &'static PendingUpdates {
    let spare = SPARE.1.try_lock().ok();
    let spare = spare.and_then(|spare| spare.try_recv().ok());
    spare.unwrap_or_else(|| Box::leak(Box::new(PendingUpdates::new())))
}

#[cold]
pub(super) fn give_back(pending: &'static PendingUpdates) {
    // The receiver is a static, so there is always one.
    let _ = SPARE.0.send(pending);
}

//! The places where spans are spoken to that no thread keeps. There are as many in all as spans were
//! open at the same time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};

use super::late::Late;

static SPARE: LazyLock<(Sender<&'static Late>, Mutex<Receiver<&'static Late>>)> =
    LazyLock::new(|| {
        let (sender, receiver) = channel();
        (sender, Mutex::new(receiver))
    });

/// One that nobody uses.
#[cold]
pub(super) fn take() -> &'static Late {
    let spare = SPARE.1.try_lock().ok();
    let spare = spare.and_then(|spare| spare.try_recv().ok());
    spare.unwrap_or_else(|| Box::leak(Box::new(Late::new())))
}

#[cold]
pub(super) fn give_back(late: &'static Late) {
    // The receiver is a static, so there is always one.
    let _ = SPARE.0.send(late);
}

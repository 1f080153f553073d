//! A log record for each panic.

use std::panic::{self, Location, PanicHookInfo};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::config::ErrorsConfig;
use crate::recorder::panic_message;

/// Whether records have the messages of panics, as the last provider of the process is configured.
static HAS_MESSAGES: AtomicBool = AtomicBool::new(true);

/// Logs panics after the current panic hook. The span of a `#[traced]` function that panics has an event of its
/// own; a record also has the ids of a span that it does not end.
pub(super) fn log(errors: ErrorsConfig) {
    static HOOK: Once = Once::new();

    HAS_MESSAGES.store(errors.panic_messages, Ordering::Relaxed);
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            previous(panic);
            write(panic);
        }));
    });
}

fn write(panic: &PanicHookInfo<'_>) {
    let message = HAS_MESSAGES
        .load(Ordering::Relaxed)
        .then(|| panic_message(panic.payload()));
    let location = panic.location();
    tracing::error!(
        exception.r#type = "panic",
        exception.message = message.as_deref(),
        code.file.path = location.map(Location::file),
        code.line.number = location.map(Location::line),
        thread.name = thread::current().name(),
        "a thread panicked"
    );
}

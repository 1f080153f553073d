//! A log record for each panic.

use std::panic::{self, Location, PanicHookInfo};
use std::sync::Once;
use std::thread;

use crate::config::ErrorsConfig;
use crate::recorder::panic_message;

/// Logs panics after the current panic hook. The span of a `#[traced]` function that panics has an event of its
/// own; a record also has the ids of a span that it does not end.
pub(super) fn log(errors: ErrorsConfig) {
    static HOOK: Once = Once::new();

    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            previous(panic);
            write(panic, errors);
        }));
    });
}

fn write(panic: &PanicHookInfo<'_>, errors: ErrorsConfig) {
    let message = errors
        .panic_messages
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

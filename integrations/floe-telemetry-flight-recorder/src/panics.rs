//! Dumps for panics.

use std::panic;
use std::process;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use crate::dump::Reason;
use crate::dumper::Dumper;

/// How long a process that aborts waits for its dump.
const LAST_MOMENT: Duration = Duration::from_secs(3);

/// Who writes them, and in which process: a fork has no thread for it.
static DUMPER: Mutex<Option<(u32, Arc<Dumper>)>> = Mutex::new(None);

static HOOK: Once = Once::new();

/// Asks `dumper` for a dump when a thread panics, in place of an earlier one.
pub(crate) fn watch(dumper: &Arc<Dumper>) {
    if let Ok(mut current) = DUMPER.lock() {
        *current = Some((process::id(), Arc::clone(dumper)));
    }
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            others(panic);
            panicked();
        }));
    });
}

/// Asks `dumper` no more.
pub(crate) fn forget(dumper: &Arc<Dumper>) {
    if let Ok(mut current) = DUMPER.lock() {
        current.take_if(|(_, current)| Arc::ptr_eq(current, dumper));
    }
}

fn panicked() {
    // A thread that panics while it has the lock would wait for itself.
    let current = DUMPER.try_lock().ok().and_then(|current| current.clone());
    let Some((_, dumper)) = current.filter(|(process, _)| *process == process::id()) else {
        return;
    };
    dumper.dump(Reason::Panic);
    // Otherwise the program goes on, or its guard delivers what is left.
    if cfg!(panic = "abort") {
        let _ = dumper.wait(LAST_MOMENT);
    }
}

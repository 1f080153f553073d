//! The process ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/process/)).

#[cfg_attr(not(unix), path = "process/elsewhere.rs")]
mod unix;

use std::env;
use std::ffi::OsStr;

use self::unix::{owner, parent_id};
use crate::surroundings::{DetectedAttributes, Surroundings, value};

/// Detects all but the arguments, because no redaction knows which of them are credentials.
pub(super) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    // A web page has no process id, and the standard library panics.
    #[cfg(not(target_family = "wasm"))]
    found.add("process.pid", Some(i64::from(std::process::id())));
    found.add("process.parent_pid", parent_id());
    let path = env::current_exe().ok();
    let name = path.as_ref().and_then(|path| path.file_name());
    let text = |text: Option<&OsStr>| text.and_then(|text| value(&text.to_string_lossy()));
    found.add("process.executable.name", text(name));
    found.add("process.executable.path", text(path.as_ref().map(|path| path.as_os_str())));
    found.add("process.command", text(env::args_os().next().as_deref()));
    found.add("process.owner", owner(surroundings));
    found.add("process.runtime.name", Some("rustc"));
}

//! The process ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/process/)).

#[cfg_attr(not(unix), path = "process/elsewhere.rs")]
mod unix;

use self::unix::{owner, parent_id};
use crate::environment;
use crate::surroundings::{DetectedAttributes, Surroundings, value};

/// Detects attributes without the arguments, because no redaction knows which of them are credentials.
pub(super) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    // A page has none, and the standard library panics.
    #[cfg(not(target_family = "wasm"))]
    found.add("process.pid", Some(i64::from(std::process::id())));
    found.add("process.parent_pid", parent_id());
    let path = environment::executable();
    let name = path.as_ref().and_then(|path| path.file_name());
    found.add("process.executable.name", name.and_then(|name| value(&name.to_string_lossy())));
    found.add(
        "process.executable.path",
        path.as_ref().and_then(|path| value(&path.to_string_lossy())),
    );
    found.add("process.command", environment::command().and_then(|command| value(&command)));
    found.add("process.owner", owner(surroundings));
    found.add("process.runtime.name", Some("rustc"));
}

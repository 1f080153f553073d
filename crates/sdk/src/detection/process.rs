//! The process ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/process/)).

#[cfg_attr(not(unix), path = "process/elsewhere.rs")]
mod unix;

use opentelemetry::{Array, StringValue, Value};

use self::unix::{owner, parent_id};
use crate::environment;
use crate::surroundings::{DetectedAttributes, Surroundings, value};

/// The most arguments that are recorded.
const MAX_ARGUMENTS: usize = 128;

/// Adds the process. Its arguments may contain credentials and personal data, so they are added only if asked for,
/// and redacted as all attributes.
pub(super) fn detect(
    surroundings: &mut Surroundings<'_>,
    has_arguments: bool,
    found: &mut DetectedAttributes,
) {
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
    let arguments = environment::arguments(MAX_ARGUMENTS);
    found.add("process.command", arguments.first().and_then(|first| value(first)));
    if has_arguments {
        let arguments = arguments.iter().filter_map(|argument| value(argument));
        let arguments: Vec<_> = arguments.map(StringValue::from).collect();
        found.add("process.command_args", Some(Value::Array(Array::String(arguments))));
    }
    found.add("process.owner", owner(surroundings));
    found.add("process.runtime.name", Some("rustc"));
}

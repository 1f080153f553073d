//! The process ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/process/)).

use opentelemetry::{Array, StringValue, Value};

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
    found.add("process.pid", Some(i64::from(std::process::id())));
    #[cfg(unix)]
    found.add(
        "process.parent_pid",
        Some(i64::from(std::os::unix::process::parent_id())),
    );
    let path = environment::executable();
    let name = path.as_ref().and_then(|path| path.file_name());
    found.add(
        "process.executable.name",
        name.and_then(|name| value(&name.to_string_lossy())),
    );
    found.add(
        "process.executable.path",
        path.as_ref()
            .and_then(|path| value(&path.to_string_lossy())),
    );
    let arguments = environment::arguments(MAX_ARGUMENTS);
    found.add(
        "process.command",
        arguments.first().and_then(|first| value(first)),
    );
    if has_arguments {
        let arguments = arguments.iter().filter_map(|argument| value(argument));
        let arguments: Vec<_> = arguments.map(StringValue::from).collect();
        found.add(
            "process.command_args",
            Some(Value::Array(Array::String(arguments))),
        );
    }
    found.add("process.owner", owner(surroundings));
    found.add("process.runtime.name", Some("rustc"));
}

/// Returns the name of the user, or the number if it has no name.
#[cfg(unix)]
fn owner(surroundings: &mut Surroundings<'_>) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    // The directory belongs to the effective user of the process.
    let user = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = surroundings.file("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id == user).then(|| value(name))?
    });
    name.or(Some(user))
}

#[cfg(not(unix))]
fn owner(surroundings: &mut Surroundings<'_>) -> Option<String> {
    surroundings.variable("USERNAME")
}

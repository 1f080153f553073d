//! The process ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/process/)).

use std::env;
use std::ffi::OsStr;

use crate::surroundings::{DetectedAttributes, Surroundings, value};

/// Adds the attributes of the process, except for arguments, because redaction cannot know which of them are secret.
pub(super) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    // A web page has no process id, and there the standard library panics.
    #[cfg(not(target_family = "wasm"))]
    found.add("process.pid", Some(i64::from(std::process::id())));
    #[cfg(unix)]
    found.add("process.parent_pid", Some(i64::from(std::os::unix::process::parent_id())));
    let path = env::current_exe().ok();
    let name = path.as_ref().and_then(|path| path.file_name());
    let text = |text: Option<&OsStr>| text.and_then(|text| value(&text.to_string_lossy()));
    found.add("process.executable.name", text(name));
    found.add("process.executable.path", text(path.as_ref().map(|path| path.as_os_str())));
    found.add("process.command", text(env::args_os().next().as_deref()));
    // Windows sets `USERNAME`.
    let owner = owner(surroundings).or_else(|| surroundings.variable("USERNAME"));
    found.add("process.owner", owner);
    found.add("process.runtime.name", Some("rustc"));
}

/// Returns the name of the effective user, or the number of a user without a name.
fn owner(surroundings: &mut Surroundings<'_>) -> Option<String> {
    let status = surroundings.file("/proc/self/status")?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let user = ids.split_whitespace().nth(1)?;
    let users = surroundings.file("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id = fields.nth(1)?;
        (id == user).then(|| value(name))?
    });
    name.or_else(|| value(user))
}

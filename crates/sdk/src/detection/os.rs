//! The operating system ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/os/)).

use std::env::consts::OS;

use crate::surroundings::{DetectedAttributes, Surroundings, value};

/// The files that describe the distribution
/// ([`os-release`](https://www.freedesktop.org/software/systemd/man/latest/os-release.html)).
const RELEASES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// The version of the kernel, which is used if no version of the distribution is known.
const KERNEL: &str = "/proc/sys/kernel/osrelease";

pub(super) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    found.add("os.type", Some(kind()));
    let release = RELEASES.into_iter().find_map(|path| surroundings.file(path));
    let field = |name| release.as_deref().and_then(|text| field(text, name));
    found.add("os.name", field("NAME"));
    let version = field("VERSION_ID").or_else(|| surroundings.value(KERNEL));
    found.add("os.version", version);
    found.add("os.description", field("PRETTY_NAME"));
    found.add("os.build_id", field("BUILD_ID"));
}

/// Returns the type of the system, by the names of the conventions.
fn kind() -> &'static str {
    match OS {
        "macos" | "ios" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

fn field(release: &str, name: &str) -> Option<String> {
    let quoted = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    value(quoted.trim().trim_matches(['"', '\'']))
}

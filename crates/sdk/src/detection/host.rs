//! The host ([conventions](https://opentelemetry.io/docs/specs/semconv/resource/host/)).

use std::env::consts::ARCH;

use crate::surroundings::{DetectedAttributes, Surroundings};

/// The files of systemd and of D-Bus with the id of the machine.
const IDS: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

const NAME: &str = "/proc/sys/kernel/hostname";

pub(super) fn detect(surroundings: &mut Surroundings<'_>, found: &mut DetectedAttributes) {
    let name = surroundings.value(NAME);
    // Windows sets `COMPUTERNAME`, and a shell may export `HOSTNAME`.
    let name = name.or_else(|| surroundings.any_variable(&["COMPUTERNAME", "HOSTNAME"]));
    found.add("host.name", name);
    let id = IDS.into_iter().find_map(|path| surroundings.value(path));
    found.add("host.id", id);
    found.add("host.arch", Some(arch()));
}

/// Returns the architecture, by the names of the conventions.
fn arch() -> &'static str {
    match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc64" => "ppc64",
        "powerpc" => "ppc32",
        other => other,
    }
}

//! Tests detectors with files and variables that the tests create.

use std::fs;
use std::path::Path;

use opentelemetry::KeyValue;
use tempfile::TempDir;

use super::*;

/// Creates a folder with these files.
fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn found(
    root: &Path,
    variables: &[(&str, &str)],
    detectors: &[ResourceDetector],
) -> (Vec<KeyValue>, Option<String>) {
    let variable = |name: &str| {
        let mut variables = variables.iter();
        let (_, value) = variables.find(|(key, _)| *key == name)?;
        Some((*value).to_owned())
    };
    let mut surroundings = Surroundings::new(&variable, root);
    let attributes = detect_in(&mut surroundings, detectors).unwrap();
    (attributes, surroundings.unreadable())
}

#[test]
fn the_host_and_the_system_come_from_files() {
    let root = root(&[
        ("proc/sys/kernel/hostname", "node-7\n"),
        ("etc/machine-id", "9c5b\n"),
        (
            "etc/os-release",
            "NAME=\"Debian GNU/Linux\"\nVERSION_ID='13'\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n",
        ),
    ]);
    let detectors = [ResourceDetector::Host, ResourceDetector::Os];
    let (attributes, warning) = found(root.path(), &[], &detectors);
    assert_eq!(warning, None);
    let arch = attributes.iter().find(|attribute| attribute.key.as_str() == "host.arch");
    let kind = attributes.iter().find(|attribute| attribute.key.as_str() == "os.type");
    assert!(arch.is_some());
    assert!(kind.is_some());
    let others: Vec<_> = attributes
        .into_iter()
        .filter(|attribute| !["host.arch", "os.type"].contains(&attribute.key.as_str()))
        .collect();
    assert_eq!(
        others,
        [
            KeyValue::new("host.name", "node-7"),
            KeyValue::new("host.id", "9c5b"),
            KeyValue::new("os.name", "Debian GNU/Linux"),
            KeyValue::new("os.version", "13"),
            KeyValue::new("os.description", "Debian GNU/Linux 13 (trixie)"),
        ]
    );
}

#[test]
fn arguments_of_the_process_are_not_recorded() {
    let (attributes, _) = found(Path::new("/"), &[], &[ResourceDetector::Process]);
    let has = |key| attributes.iter().any(|attribute| attribute.key.as_str() == key);
    for key in ["process.pid", "process.executable.name", "process.command", "process.owner"] {
        assert!(has(key), "{key}");
    }
    assert!(!has("process.command_args"));
}

#[test]
fn values_are_bounded_and_unreadable_files_are_one_warning() {
    let long = "x".repeat(5000);
    let root = root(&[("etc/machine-id/is-a-directory", ""), ("proc/sys/kernel/hostname", &long)]);
    // A device would be a file without an end, and a pipe would block.
    #[cfg(unix)]
    {
        let release = root.path().join("etc/os-release");
        std::os::unix::fs::symlink("/dev/zero", release).unwrap();
        fs::create_dir_all(root.path().join("var/lib/dbus")).unwrap();
        let pipe = root.path().join("var/lib/dbus/machine-id");
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        assert!(made.unwrap().success());
    }
    let detectors = [ResourceDetector::Host, ResourceDetector::Os];
    let (attributes, warning) = found(root.path(), &[], &detectors);
    assert_eq!(attributes[0].value.as_str().len(), 1024);
    let warning = warning.unwrap();
    for file in [
        "`/etc/machine-id`: it is not a regular file",
        #[cfg(unix)]
        "`/etc/os-release`: it is not a regular file",
        #[cfg(unix)]
        "`/var/lib/dbus/machine-id`: it is not a regular file",
    ] {
        assert_eq!(warning.matches(file).count(), 1, "{warning}");
    }
}

#[test]
fn a_detector_of_a_crate_that_is_not_linked_is_an_error() {
    let surroundings = &mut Surroundings::of_process();
    let error = detect_in(surroundings, &[ResourceDetector::Cloud]).unwrap_err();
    assert_eq!(
        error,
        "found `cloud`, which needs the crate `floe-telemetry-detectors` and the line `use floe_telemetry_detectors as _;`"
    );
    let linked = [ResourceDetector::Host, ResourceDetector::Os, ResourceDetector::Process];
    assert_eq!(ResourceDetector::all(), linked);
}

#[test]
fn the_schema_url_belongs_to_the_checked_keys() {
    assert_eq!(SCHEMA_URL, floe_semconv::SCHEMA_URL);
}

//! Runs scripts with the Python of the installed services.

use std::path::Path;
use std::process::Command;

pub(crate) fn python(place: &Path, script: &str) -> String {
    let output = Command::new(place.join("venv/bin/python")).args(["-c", script]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

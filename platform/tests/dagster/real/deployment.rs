//! Checks the settings of Dagster's instance in `deploy/` with the packages of its image.

use std::path::Path;
use std::process::Command;

use crate::setup::{assert_success, text};

#[test]
fn real_dagster_accepts_the_instance_of_the_deployment() {
    let programs = std::env::var_os("PIPELINE_IMAGE")
        .expect("PIPELINE_IMAGE: expected the folder of the image's programs");
    let platform = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(Path::new(&programs).join("python"))
        .arg(platform.join("tests/dagster/real/instance.py"))
        .arg(platform.join("../deploy/kubernetes/run.yaml"))
        .output()
        .unwrap();
    assert_success(&output);
    assert_eq!(text(&output.stdout), "DagsterPostgresStorage\n");
}

//! The instance of Dagster in `deploy/`, with the packages of its image.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::setup::text;

#[test]
fn real_dagster_accepts_the_instance_of_the_deployment() {
    let Some(programs) = std::env::var_os("PIPELINE_IMAGE").map(PathBuf::from) else {
        return;
    };
    let platform = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(programs.join("python"))
        .arg(platform.join("tests/dagster/instance.py"))
        .arg(platform.join("../deploy/kubernetes/run.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "DagsterPostgresStorage\n");
}

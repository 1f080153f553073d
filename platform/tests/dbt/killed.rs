//! A `floe trace-dbt` that is killed: dbt ends as without it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::real::{dbt, project, real};
use crate::setup::{Setup, recorded, text_of};

/// Kills `floe`, whose child is the script.
const KILL: &str = "kill -KILL $PPID";

/// Waits until the folder for temporary files is empty.
fn wait_for_removal(setup: &Setup) {
    let status = Command::new("sh")
        .args(["-c", "until [ -z \"$(ls -A tmp)\" ]; do sleep 0.02; done"])
        .current_dir(setup.folder.path())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_dbt_whose_trace_was_killed_writes_its_log_to_the_end() {
    floe_tests::alone!();
    // Far more than a pipe holds, also into a log that is opened again.
    let setup = Setup::new(&format!(
        "(\nexec 3>>\"$DBT_LOG_PATH/dbt.log\"\ncat \"$EVENTS\" >&3\n{KILL}\n\
         head -c 1000000 /dev/zero >&3\nexec 3>&-\n\
         head -c 1000000 /dev/zero >> \"$DBT_LOG_PATH/dbt.log\"\n\
         head -c 1000000 /dev/zero >> \"$DBT_LOG_PATH/otel.jsonl\"\n\
         [ -d \"$DBT_LOG_PATH\" ] && exit 7\n) 2> stderr\necho $? > code"
    ));
    fs::create_dir(setup.path("tmp")).unwrap();
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl"));
    // The output ends with the script, which is not waited for otherwise.
    let output = command.env("TMPDIR", setup.path("tmp")).output().unwrap();
    assert_eq!(output.status.code(), None);
    assert_eq!(text_of(&output.stderr), "");
    assert_eq!(fs::read_to_string(setup.path("stderr")).unwrap(), "");
    assert_eq!(fs::read_to_string(setup.path("code")).unwrap(), "7\n");
    wait_for_removal(&setup);
}

#[test]
fn real_dbt_is_quiet_after_its_trace_was_killed() {
    let Some(path) = real() else { return };
    let (bare, project) = (project(), project());
    let bare = dbt(&path, bare.path(), None, &["build"]).output().unwrap();
    let setup = Setup::new(&format!("{KILL}\ndbt \"$@\"\necho $? > code"));
    fs::create_dir(setup.path("tmp")).unwrap();
    let mut command = setup.command(&["build"]);
    command
        .env("TMPDIR", setup.path("tmp"))
        .env("PATH", &path)
        .env("DBT_PROJECT_DIR", project.path())
        .env("DBT_PROFILES_DIR", project.path());
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stderr), text_of(&bare.stderr));
    // Without the times.
    let [stdout, expected] = [&output, &bare].map(|it| {
        let text = text_of(&it.stdout);
        let words = text.split_whitespace();
        let words = words.filter(|it| !it.contains(char::is_numeric));
        words.map(str::to_owned).collect::<BTreeSet<_>>()
    });
    assert_eq!(stdout, expected);
    let code = fs::read_to_string(setup.path("code")).unwrap();
    assert_eq!(code, format!("{}\n", bare.status.code().unwrap()));
    wait_for_removal(&setup);
}

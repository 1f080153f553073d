//! If `floe trace-dbt` is killed, dbt continues and ends as if it ran alone.

use std::fs;

use crate::setup::{KILL, Setup, recorded, text_of};

#[test]
fn a_dbt_whose_trace_was_killed_writes_its_log_to_the_end() {
    floe_tests::alone!();
    // The script writes far more bytes than a pipe holds, also into a log file that it opens again.
    let setup = Setup::new(&format!(
        "(\nexec 3>>\"$DBT_LOG_PATH/dbt.log\"\ncat \"$EVENTS\" >&3\n{KILL}\n\
         head -c 1000000 /dev/zero >&3\nexec 3>&-\n\
         head -c 1000000 /dev/zero >> \"$DBT_LOG_PATH/dbt.log\"\n\
         [ -d \"$DBT_LOG_PATH\" ] && exit 7\n) 2> stderr\necho $? > code"
    ));
    fs::create_dir(setup.path("tmp")).unwrap();
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl"));
    // Only the script holds the output open, so `output` returns when the script has ended.
    let output = command.env("TMPDIR", setup.path("tmp")).output().unwrap();
    assert_eq!(output.status.code(), None);
    assert_eq!(text_of(&output.stderr), "");
    assert_eq!(fs::read_to_string(setup.path("stderr")).unwrap(), "");
    assert_eq!(fs::read_to_string(setup.path("code")).unwrap(), "7\n");
    setup.wait_for_removal();
}

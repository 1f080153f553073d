//! `dbt.log`, which `floe` writes in place of dbt.

use floe_tests::before;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::setup::{Setup, TRACE_ID, TRACEPARENT, recorded, text_of};

#[test]
fn the_log_file_has_the_lines_of_dbt_in_text_or_json() {
    let setup = Setup::playing("parse_error", 2);
    setup.build("parse_error.jsonl");
    let log = fs::read_to_string(setup.path("logs/dbt.log")).unwrap();
    let expected = "\n\n============================== 23:52:50.393084 | 9b894ee9-c7b9-433b-a791-fbd1b7bd697e \
        ==============================\n\
        23:52:50.393084 [info ] [MainThread]: Running with dbt=1.11.16\n\
        23:52:55.732280 [info ] [MainThread]: Registered adapter: duckdb=1.11.1\n";
    assert!(log.starts_with(expected), "{log}");
    assert_eq!(log.lines().count(), 9);

    // The log has the format, the level and the folder that the command line sets.
    let own = ["build", "--log-path", "own", "--log-format-file=json", "--log-level-file", "error"];
    setup.command(&own).env("EVENTS", recorded("parse_error.jsonl")).output().unwrap();
    let log = fs::read_to_string(setup.path("own/dbt.log")).unwrap();
    let events = fs::read_to_string(recorded("parse_error.jsonl")).unwrap();
    let errors: Vec<_> =
        events.lines().filter(|line| line.contains("\"level\": \"error\"")).collect();
    assert_eq!(log.lines().collect::<Vec<_>>(), errors);

    // Each of the four lines exceeds the limit, so each starts a new file, as dbt would.
    let small = ["build", "--log-path=own", "--log-file-max-bytes", "10"];
    setup.command(&small).env("EVENTS", recorded("parse_error.jsonl")).output().unwrap();
    assert_eq!(fs::read_to_string(setup.path("own/dbt.log.4")).unwrap(), log);
    assert!(!setup.path("own/dbt.log.5").exists());
    let last = fs::read_to_string(setup.path("own/dbt.log")).unwrap();
    assert!(
        last.starts_with("23:53:17.070682 [debug] [MainThread]: Command `dbt build` failed"),
        "{last}"
    );
}

#[test]
fn settings_with_the_names_that_dbt_prefers_are_replaced_too() {
    let play = "cat \"$EVENTS\" >> \"$DBT_ENGINE_LOG_PATH/dbt.log\"";
    let levels = "echo $DBT_ENGINE_LOG_LEVEL_FILE ${DBT_ENGINE_LOG_FORMAT_FILE-none}";
    let setup = Setup::new(&format!("{play}\n{levels}"));
    let mut command = setup.command(&["build"]);
    command.env("EVENTS", recorded("build_ok.jsonl")).env("DBT_LOG_PATH", "older");
    command.env("DBT_ENGINE_LOG_PATH", "own").env("DBT_ENGINE_LOG_LEVEL_FILE", "info");
    let output = command.output().unwrap();
    assert_eq!(text_of(&output.stdout), "debug none\n");
    assert_eq!(setup.spans().len(), 19);
    assert!(setup.path("own/dbt.log").exists());
    assert!(!setup.path("older").exists());
}

#[test]
fn a_log_file_that_cannot_be_written_costs_the_log_file_only() {
    for (link, project, found) in [
        ("logs/dbt.log", "", "logs/dbt.log: it is a symbolic link, expected a regular file"),
        ("logs", "", "logs: it is a symbolic link, expected a folder"),
        (
            "x",
            "log-path: ../logs\n",
            "../logs: expected a path inside the folder, found one that leads out of it",
        ),
    ] {
        let setup = Setup::playing("build_ok", 0);
        fs::write(setup.path("dbt_project.yml"), project).unwrap();
        fs::create_dir_all(setup.path(link).parent().unwrap()).unwrap();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), setup.path(link)).unwrap();
        let output = setup.build("build_ok.jsonl");
        assert_eq!(output.status.code(), Some(0));
        let stderr = text_of(&output.stderr);
        let warnings = stderr.lines().filter(|line| !line.starts_with("history "));
        let warnings: Vec<_> = warnings.collect();
        assert_eq!(warnings.len(), 1, "{stderr}");
        assert!(warnings[0].starts_with("warning: "), "{stderr}");
        assert!(warnings[0].ends_with(found), "{stderr}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{link}");
        assert_eq!(setup.spans().len(), 19);
    }
    let setup = Setup::playing("build_ok", 0);
    setup.build("build_ok.jsonl");
    let log = fs::metadata(setup.path("logs/dbt.log")).unwrap();
    assert_eq!(log.permissions().mode() & 0o777, 0o600);

    // If the pipes cannot be created, dbt writes its own log, and its artifacts have the ids of the trace.
    let mut command = setup.command(&["build", "--log-path", "x"]);
    command.env("TMPDIR", "/nonexistent").env("TRACEPARENT", TRACEPARENT);
    setup.program(
        "dbt",
        "echo \"${DBT_LOG_PATH-none} $*\"; echo $DBT_ENV_CUSTOM_ENV_TRACEPARENT; exit 4",
    );
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let spans = setup.spans();
    let root = spans.iter().find(|span| span.trace_id == TRACE_ID).unwrap();
    assert_eq!(
        text_of(&output.stdout),
        format!("none build --log-path x\n00-{TRACE_ID}-{}-01\n", root.span_id)
    );
    let stderr = text_of(&output.stderr);
    assert!(stderr.starts_with("warning: the trace has no spans of nodes: "), "{stderr}");
}

#[test]
fn a_disk_that_is_full_costs_the_files_only() {
    let setup = Setup::playing("build_ok", 0);
    let product = "name: shop\nversion: 1.0.0\nmodels:\n  - { name: totals, layer: gold }\n";
    fs::write(setup.path("floe.yaml"), product).unwrap();
    // No file may be longer than 1 KiB, so that a write fails halfway, as on a full disk.
    let limited = "trap '' XFSZ; ulimit -f 2; exec \"$@\"";
    let floe = setup.command(&["build"]);
    let mut command = before(&["sh", "-c", limited, "sh"], &floe);
    let output = command.env("EVENTS", recorded("build_ok.jsonl")).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = text_of(&output.stderr);
    let warnings: Vec<_> = stderr.lines().collect();
    assert!(warnings.iter().all(|line| line.starts_with("warning: ")));
    let of_file = warnings.iter().filter(|line| line.contains("dbt.log"));
    assert_eq!(of_file.count(), 1, "{stderr}");
    let nodes = setup.spans();
    let nodes = nodes.iter().filter(|span| span.name.starts_with("dbt."));
    assert_eq!(nodes.count(), 19);
}

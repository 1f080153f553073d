//! Tests the files that commands read and write.

#![cfg(all(feature = "cli", unix))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const LINE: &str = r#"{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}, "scopeSpans": [{"spans": [{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "load", "startTimeUnixNano": "1000", "endTimeUnixNano": "3000"}]}]}]}"#;

fn with_file() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.jsonl"), LINE).unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_floe-trace"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn spans(output: &Output) -> usize {
    String::from_utf8_lossy(&output.stdout).matches("load").count()
}

#[test]
fn what_is_read_is_not_written_over() {
    let folder = with_file();
    let folder = folder.path();
    symlink("in.jsonl", folder.join("link")).unwrap();
    for arguments in [
        &["view", "in.jsonl", "--out", "in.jsonl"][..],
        &["view", ".", "--out", "./in.jsonl"],
        &["view", "in.jsonl", "--out", "link"],
        &["export", "in.jsonl", "--perfetto", "in.jsonl"],
        &["export", "link", "--perfetto", "in.jsonl"],
    ] {
        let output = run(folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let expected = "error: expected an output that is not an input, found ";
        assert!(errors(&output).starts_with(expected), "{output:?}");
        let kept = fs::read_to_string(folder.join("in.jsonl")).unwrap();
        assert_eq!(kept, LINE, "{arguments:?}");
    }
}

/// Output replaces a file by a renamed temporary file, but must not replace a device such as `/dev/stdout`.
#[test]
fn what_is_no_file_stays_what_it_is() {
    let folder = with_file();
    let folder = folder.path();
    symlink("/dev/stdout", folder.join("device")).unwrap();
    for arguments in [
        &["view", "in.jsonl", "--out", "device"][..],
        &["export", "in.jsonl", "--perfetto", "device"],
    ] {
        let output = run(folder, arguments);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("<!doctype html>") || text.contains("load"), "{text}");
        assert!(folder.join("device").is_symlink(), "{arguments:?}");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 2);
    }
}

/// Pages contain the data of a program, so only the user who writes them may read them. A link that somebody else made
/// in a shared folder must not choose which file is replaced.
#[test]
fn a_file_is_of_its_user_alone_and_not_behind_a_link() {
    let folder = with_file();
    let folder = folder.path();
    fs::write(folder.join("other"), "kept").unwrap();
    symlink("other", folder.join("link")).unwrap();
    symlink("none", folder.join("dangling")).unwrap();
    for arguments in [&["view", "in.jsonl", "--out"][..], &["export", "in.jsonl", "--perfetto"]] {
        let write = |name| run(folder, &[arguments, &[name]].concat());
        // The first round creates the file, and the second one replaces it.
        for _ in 0..2 {
            let output = write("out");
            assert!(output.status.success(), "{output:?}");
            let mode = fs::metadata(folder.join("out")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{arguments:?}");
            fs::set_permissions(folder.join("out"), fs::Permissions::from_mode(0o644)).unwrap();
        }
        for name in ["link", "dangling"] {
            let output = write(name);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            let expected =
                format!("error: {name}: cannot be written: expected a file, found a link\n");
            assert!(errors(&output).ends_with(&expected), "{output:?}");
        }
        assert_eq!(fs::read(folder.join("other")).unwrap(), b"kept");
        assert!(!folder.join("none").exists());
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let folder = with_file();
    for arguments in [
        &["view", "in.jsonl", "--out", "-"][..],
        &["export", "in.jsonl", "--perfetto", "-"],
        &["show", "in.jsonl"],
    ] {
        let mut child = command(folder.path(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(errors(&output), "");
    }
}

#[test]
fn no_run_is_compared_after_one_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("damaged.json"), "{").unwrap();
    let output = run(folder.path(), &["diff", "damaged.json", "none.json"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(errors(&output).contains("damaged.json"), "{output:?}");
    assert!(!errors(&output).contains("none.json"), "{output:?}");
}

#[test]
fn standard_input_has_a_name() {
    let folder = with_file();
    let mut child = command(folder.path(), &["show", "in.jsonl", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let other = LINE.replace("eee19b7ec3c1b174", "eee19b7ec3c1b175");
    let mut input = child.stdin.take().unwrap();
    input.write_all(other.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(spans(&output), 2, "{output:?}");
}

#[test]
fn the_memory_can_have_any_size() {
    let folder = with_file();
    for (size, expected) in [("17592186044416", 1), ("0", 0)] {
        let output = run(folder.path(), &["show", "in.jsonl", "--max-memory", size]);
        assert_eq!(spans(&output), expected, "{output:?}");
    }
}

#[test]
fn other_files_of_a_folder_are_notes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("package.json"), r#"{"name": "shop"}"#).unwrap();
    fs::write(folder.join("empty.jsonl"), "").unwrap();
    let arguments = ["show", "."];
    let output = run(folder, &arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(errors(&output).starts_with("error: ./"), "{output:?}");

    fs::write(folder.join("traces.jsonl"), LINE).unwrap();
    let output = run(folder, &arguments);
    assert_eq!(spans(&output), 1, "{output:?}");
    assert_eq!(
        errors(&output),
        "note: ./empty.jsonl: expected OTLP, as JSON or protobuf, found an empty file\n\
         note: ./package.json:1: expected requests of OTLP as JSON: found the fields `name`\n"
    );
    let named = run(folder, &["show", "traces.jsonl", "package.json"]);
    assert_eq!(named.status.code(), Some(2), "{named:?}");
}

/// A script can distinguish a file without findings from a file without spans.
#[test]
fn a_file_without_spans_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let invalid = LINE.replace("eee19b7ec3c1b174", "0000000000000000");
    let logs = r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1000"}]}]}]}"#;
    for (text, expected) in [
        (&*invalid, "error: expected spans, found none\n"),
        (logs, "error: expected spans, found none\n"),
        ("", "error: in.jsonl: expected OTLP, as JSON or protobuf, found an empty file\n"),
    ] {
        fs::write(folder.join("in.jsonl"), text).unwrap();
        for arguments in [
            &["show", "in.jsonl"][..],
            &["view", "in.jsonl"],
            &["why", "--json", "in.jsonl"],
            &["errors", "in.jsonl"],
            &["critical-path", "in.jsonl"],
        ] {
            let output = run(folder, arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert!(errors(&output).ends_with(expected), "{output:?}");
            assert!(output.stdout.is_empty());
        }
    }
    fs::write(folder.join("in.jsonl"), LINE).unwrap();
    let quiet = run(folder, &["errors", "in.jsonl"]);
    assert_eq!((quiet.status.code(), &*quiet.stdout), (Some(0), &b"nothing found\n"[..]));
}

/// A single trace has no cause, because it contains no equal calls to compare. The answer names other commands.
#[test]
fn an_answer_without_a_cause_names_the_next_question() {
    let folder = tempfile::tempdir().unwrap();
    let failed =
        LINE.replace(r#""name""#, r#""status": {"code": 2, "message": "no disk"}, "name""#);
    fs::write(folder.path().join("in.jsonl"), failed).unwrap();
    let output = run(folder.path(), &["why", "in.jsonl"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "nothing found in 1 span of 1 trace: ",
        "\nslow calls are compared with equal ones: expected at least 20 spans of a name,\n  found 1; ",
        "\nfailed: 1 × load: no disk; `floe-trace errors` lists all\n",
        "\n`floe-trace critical-path` shows ",
    ] {
        assert!(text.contains(part), "expected {part} in\n{text}");
    }
}

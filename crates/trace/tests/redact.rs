//! Tests the command `redact`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const TEXT: &str = "connected\npassword=hunter2 token: expected\n";

/// Returns the output of the program for a text on its standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .arg("redact")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(input).unwrap();
    program.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_text_is_printed_without_its_secrets() {
    let output = run(&[], TEXT.as_bytes());
    assert_eq!(text(&output.stdout), "connected\npassword=<REDACTED> token: expected\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn each_candidate_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.txt");
    std::fs::write(&file, TEXT).unwrap();
    let output = run(&["--explain", file.to_str().unwrap()], b"");
    let wanted = "\
19..26 redacted by password of \"password\": 8 points, 5 needed for letters and digits
34..42 kept \"expected\", a candidate of token of \"token\": 6 points, 10 needed for a word of a sentence
";
    assert_eq!(text(&output.stdout), wanted);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_secret_below_its_name_and_bytes_that_are_not_utf8() {
    let output = run(&["-"], b"password: |\n  mango7KpQ2\n\xff\n");
    assert_eq!(text(&output.stdout), "password: |\n  <REDACTED>\n\u{fffd}\n");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let output = run(&["missing.txt"], b"");
    assert!(text(&output.stderr).starts_with("error: missing.txt: cannot be read: "));
    assert_eq!(output.status.code(), Some(2));
}

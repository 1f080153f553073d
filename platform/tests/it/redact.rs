//! `floe redact`: standard input without its secrets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::thread;

use crate::product;

const SECRET: &str = "Zq7xWv93Lmt2";

fn start(arguments: &[&str]) -> Child {
    let words = [&["redact"], arguments].concat();
    product::command(&words, &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The exit code, standard output and standard error for an input.
fn run(arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_log_is_copied_without_its_secrets() {
    let log = format!(
        "starting\npassword={SECRET} host=db\r\nconnect postgres://bob:{SECRET}@db.example.com/orders\n"
    );
    let safe = "starting\npassword=<REDACTED> host=db\r\nconnect postgres://<REDACTED>@db.example.com/orders\n";
    assert_eq!(run(&[], log.as_bytes()), (Some(0), safe.to_owned(), String::new()));
    assert_eq!(run(&[], safe.as_bytes()), (Some(0), safe.to_owned(), String::new()));
    // Without a line end, and with bytes that are not UTF-8.
    let log = [b"\xe9 token=".as_slice(), SECRET.as_bytes()].concat();
    let safe = "\u{fffd} token=<REDACTED>".to_owned();
    assert_eq!(run(&[], &log), (Some(0), safe, String::new()));
    assert_eq!(run(&[], b""), (Some(0), String::new(), String::new()));
}

#[test]
fn explanations_contain_reasons_and_line_numbers_but_no_secrets() {
    let log = format!("starting\npassword={SECRET} host=db\n\ntoken: expected\n");
    let (code, reasons, stderr) = run(&["--explain"], log.as_bytes());
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let reasons: Vec<_> = reasons.lines().collect();
    let [redacted, kept] = reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(
        redacted.starts_with("line 2: 9..21 redacted by password of \"password\": "),
        "{redacted}"
    );
    assert!(
        kept.starts_with("line 4: 7..15 kept \"expected\", a candidate of token of \"token\": "),
        "{kept}"
    );
}

#[test]
fn the_level_keys_and_patterns_are_options() {
    let log = "mail jane.doe@example.com session=nightly page_token=Zq7xWv93Lmt2 customerRef=A17 EMP-1234\n";
    for (arguments, safe) in [
        (
            &["--level", "credentials"][..],
            "mail jane.doe@example.com session=nightly page_token=Zq7xWv93Lmt2 customerRef=A17 EMP-1234\n",
        ),
        (
            &["--level", "strict"],
            "mail <REDACTED>@example.com session=<REDACTED> page_token=Zq7xWv93Lmt2 customerRef=A17 EMP-1234\n",
        ),
        (
            &["--key", "customer_ref", "--key", "page_token", "--allowed-key", "session"],
            "mail <REDACTED>@example.com session=nightly page_token=<REDACTED> customerRef=<REDACTED> EMP-1234\n",
        ),
        (
            &["--pattern", "EMP-[0-9]+", "--pattern", "A1."],
            "mail <REDACTED>@example.com session=nightly page_token=Zq7xWv93Lmt2 customerRef=<REDACTED> <REDACTED>\n",
        ),
    ] {
        let expected = (Some(0), safe.to_owned(), String::new());
        assert_eq!(run(arguments, log.as_bytes()), expected);
    }
    for (arguments, reason) in [
        (["--level", "most"], "credentials-and-pii"),
        (["--key", "x"], "not a key"),
        (["--pattern", "a("], "unclosed group"),
        (["--pattern", "a*"], "empty text"),
    ] {
        let (code, stdout, stderr) = run(&arguments, b"");
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.contains(reason), "{stderr}");
    }
}

#[test]
fn a_complete_line_does_not_wait_for_more_input() {
    let mut child = start(&[]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    for _ in 0..2 {
        write!(stdin, "token={SECRET} a\nb").unwrap();
        line.clear();
        stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with("token=<REDACTED> a\n"), "{line}");
    }
    drop(stdin);
    line.clear();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "b");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_closes_its_pipe_is_not_an_error() {
    for arguments in [&[][..], &["--explain"]] {
        let mut child = start(arguments);
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        // The program ends at the first line that it cannot write, so the pipe to it breaks, too.
        let line = format!("password={SECRET}\n");
        while stdin.write_all(line.as_bytes()).is_ok() {}
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

#[test]
fn an_argument_that_does_not_exist_is_a_mistake() {
    let (code, stdout, stderr) = run(&["--reasons"], b"");
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.starts_with("error: unexpected argument '--reasons' found"), "{stderr}");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::io;

    use super::*;

    #[test]
    fn an_input_that_cannot_be_read_is_an_error() {
        let folder = File::open("/").unwrap();
        let output = product::command(&["redact"], &[]).stdin(folder).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "error: cannot read standard input: Is a directory (os error 21)\n"
        );
    }

    #[test]
    fn an_output_that_cannot_be_written_is_an_error() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut child = product::command(&["redact"], &[])
            .stdin(Stdio::piped())
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"a\n").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "error: cannot write to standard output: No space left on device (os error 28)\n"
        );
    }

    /// The most memory that the process has had, in kilobytes.
    fn peak(child: &Child) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let words: Vec<_> = line.unwrap().split_whitespace().collect();
        words[1].parse().unwrap()
    }

    #[test]
    fn a_line_without_an_end_needs_bounded_memory() {
        let mut child = start(&[]);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let reader = thread::spawn(move || io::copy(&mut stdout, &mut io::sink()).unwrap());
        let words = "words and ".repeat(100_000);
        let mut peaks = Vec::new();
        for times in [1, 8] {
            for _ in 0..times {
                stdin.write_all(words.as_bytes()).unwrap();
            }
            // The program has read all but what fits in the pipe.
            peaks.push(peak(&child));
        }
        drop(stdin);
        assert_eq!(reader.join().unwrap(), 9_000_000);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(peaks[1] < peaks[0] + 2048, "{peaks:?}");
    }
}

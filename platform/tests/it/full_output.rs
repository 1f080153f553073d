//! A command fails if standard output cannot be written, but not if it is closed.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::{Command, Stdio};

use crate::product::{self, Product};

fn commands(product: &Product) -> Vec<Vec<String>> {
    let folder = product.path("").to_str().unwrap().to_owned();
    [&["--help"][..], &["backend", &folder], &["compile", &folder]]
        .iter()
        .map(|words| words.iter().map(|word| (*word).to_owned()).collect())
        .collect()
}

fn command(words: &[String]) -> Command {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    product::command(&words, &[])
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    for words in commands(&Product::shop()) {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(&words).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {stderr}");
        assert!(
            stderr.contains("error: cannot write to standard output: No space left on device"),
            "{words:?}: {stderr}"
        );
    }
}

#[test]
fn a_reader_that_closes_its_pipe_is_not_an_error() {
    for words in commands(&Product::shop()) {
        let mut child =
            command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {stderr}");
    }
}

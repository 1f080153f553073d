//! This program in a child process, which responds to each line with one line.

use std::io::{self, BufRead, BufReader, Lines, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::str::{FromStr, SplitWhitespace};

/// A running child process. It is stopped when it is dropped.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    commands: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts this program with other arguments.
    ///
    /// # Panics
    ///
    /// The process cannot be started.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("the path of this program");
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child process");
        let answers = process.stdout.take().expect("a pipe from the child");
        Self { commands: process.stdin.take(), answers: BufReader::new(answers).lines(), process }
    }

    /// Sends a command and waits for the response.
    ///
    /// # Panics
    ///
    /// The child has ended.
    pub fn request(&mut self, command: &str) -> String {
        let commands = self.commands.as_mut().expect("a pipe to the child");
        writeln!(commands, "{command}").expect("a running child");
        self.answer()
    }

    /// Waits for the next line.
    ///
    /// # Panics
    ///
    /// The child has ended.
    pub fn answer(&mut self) -> String {
        let line = self.answers.next().expect("an answer of the child");
        line.expect("a line of text")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The end of its input stops the child.
        self.commands = None;
        let _ = self.process.wait();
    }
}

/// Responds to each line of standard input until its end.
///
/// # Panics
///
/// The parent has exited.
pub fn serve(mut answer: impl FnMut(&mut SplitWhitespace<'_>) -> String) {
    for line in io::stdin().lock().lines() {
        let line = line.expect("a line of text");
        send(&answer(&mut line.split_whitespace()));
    }
}

/// Sends a line to the parent.
///
/// # Panics
///
/// The parent has exited.
pub fn send(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("a running parent");
}

/// Parses the next word of a line.
///
/// # Panics
///
/// There is no word, or it cannot be parsed.
pub fn word<T: FromStr>(words: &mut SplitWhitespace<'_>) -> T {
    let word = words.next().and_then(|word| word.parse().ok());
    word.expect("a word of the protocol")
}

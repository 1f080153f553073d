//! This program in a child process with a [`Role`]. Its questions and its answers are lines of JSON.

use std::io::{self, BufRead as _, BufReader, Lines, Write as _};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::contestant::State;
use crate::sink::Protocol;
use crate::{delivery, logs, measure, peers, receiver};

#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Role {
    Receiver {
        protocol: Protocol,
        /// Whether the receiver also counts the bytes that the bodies would have with gzip.
        compresses: bool,
    },
    Contestant {
        name: String,
        state: State,
    },
    Delivering(delivery::Order),
    Logging(logs::Order),
}

/// The argument that precedes the role.
const ROLE: &str = "--role";

/// A running child process. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    questions: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Child {
    pub(crate) fn start(role: &Role) -> Self {
        let program = std::env::current_exe().expect("the path of this program");
        let mut process = Command::new(program)
            .args([ROLE, &json(role)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child process");
        let answers = process.stdout.take().expect("a pipe from the child");
        Self { questions: process.stdin.take(), answers: BufReader::new(answers).lines(), process }
    }

    pub(crate) fn ask<A: DeserializeOwned>(&mut self, question: &impl Serialize) -> A {
        let questions = self.questions.as_mut().expect("a pipe to the child");
        writeln!(questions, "{}", json(question)).expect("a running child");
        self.answer()
    }

    pub(crate) fn answer<A: DeserializeOwned>(&mut self) -> A {
        let line = self.answers.next().expect("an answer of the child");
        serde_json::from_str(&line.expect("a line of text")).expect("an answer")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The child ends at the end of its input.
        self.questions = None;
        let _ = self.process.wait();
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// Runs the role of a child process. Returns `false` if this process is not a child.
pub(crate) fn serve() -> bool {
    let Some(role) = measure::value::<String>(ROLE) else {
        return false;
    };

    match serde_json::from_str(&role).expect("a role") {
        Role::Receiver { protocol, compresses } => receiver::serve(protocol, compresses),
        Role::Contestant { name, state } => peers::serve(&name, state),
        Role::Delivering(order) => delivery::serve(order),
        Role::Logging(order) => logs::serve(&order),
    }
    true
}

pub(crate) fn answer_each<Q: DeserializeOwned, A: Serialize>(mut answer: impl FnMut(Q) -> A) {
    for line in io::stdin().lock().lines() {
        let question = serde_json::from_str(&line.expect("a line of text")).expect("a question");
        send(&answer(question));
    }
}

pub(crate) fn send(answer: &impl Serialize) {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json(answer)).and_then(|()| out.flush()).expect("a running parent");
}

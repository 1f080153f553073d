//! A test that runs again in a process of its own, which serves until it is killed.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A process that is killed if a test fails, too.
pub(crate) struct Serving(pub(crate) Child);

impl Serving {
    /// Starts `test` with a variable, and waits until it has printed `serving`.
    pub(crate) fn start(test: &str, variable: &str, value: impl AsRef<OsStr>) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(variable, value)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_serving = lines.any(|line| line.unwrap() == "serving");
        assert!(is_serving, "{:?}", child.wait());
        Self(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

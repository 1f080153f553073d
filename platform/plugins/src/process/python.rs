//! Tasks that plugins run in Python: a small script of this crate reads a request and writes a result, both as JSON.
//!
//! The script runs in a folder of its own, which is removed afterwards. Credentials are passed in the environment.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use floe_plugin::{Error, ErrorKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::child::{Invocation, Program};

const RUNNER: &str = include_str!("runner.py");

const LONGEST_RESULT: u64 = 4 << 20;

#[derive(Debug)]
pub(crate) struct Task<'a> {
    tool: &'static str,
    folder: TempDir,
    invocation: Invocation<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Answer<T> {
    Ok(T),
    Error(Failure),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    kind: ErrorKind,
    message: String,
}

impl<'a> Task<'a> {
    /// Prepares the folder of a task. `script` defines `run(request)`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn new(
        tool: &'static str,
        python: &Program,
        limit: Duration,
        script: &str,
    ) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("floe-").tempdir()?;
        fs::write(folder.path().join("runner.py"), RUNNER)?;
        fs::write(folder.path().join("task.py"), script)?;
        let invocation = Invocation::new(tool, python, limit)
            .arg("runner.py")
            .env("PYTHONIOENCODING", "utf-8")
            .folder(folder.path());
        Ok(Self { tool, folder, invocation })
    }

    /// Returns the folder of the task, which is its working directory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.invocation = self.invocation.env(name, value);
        self
    }

    pub(crate) fn credential(mut self, name: &str, value: &'a str) -> Self {
        self.invocation = self.invocation.credential(name, value);
        self
    }

    /// Runs the task, and returns its result with its folder.
    ///
    /// # Errors
    /// Python does not run, the task failed, or its result has another type.
    pub(crate) fn run<T: DeserializeOwned>(self, request: &Value) -> Result<(T, TempDir), Error> {
        let Self { tool, folder, invocation } = self;
        fs::write(folder.path().join("request.json"), request.to_string())?;
        let output = invocation.run()?;
        let path = folder.path().join("result.json");
        if output.code != 0 || !path.is_file() {
            return Err(output.error(ErrorKind::InvalidResponse));
        }
        let mut text = Vec::new();
        File::open(path)?.take(LONGEST_RESULT).read_to_end(&mut text)?;
        let answer = serde_json::from_slice(&text).map_err(|error| {
            let message = format!("{tool}: the result is not JSON in the expected form: {error}");
            Error::new(ErrorKind::InvalidResponse, message)
        })?;
        match answer {
            Answer::Ok(result) => Ok((result, folder)),
            Answer::Error(Failure { kind, message }) => {
                let message = output.without_credentials(&message);
                Err(Error::new(kind, format!("{tool}: {message}")))
            }
        }
    }
}

//! A folder with a program in dbt's place, a receiver, and the helpers of the tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use floe_tests::{ReceivedSpan, ReceivedStatus, Receiver, Value, before};
pub(crate) use floe_tests::{assert_attributes, single};
use serde_json::json;
use tempfile::TempDir;

pub(crate) const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

pub(crate) const PLAY: &str = "cat \"$EVENTS\" >> \"$DBT_LOG_PATH/dbt.log\"";

/// A shell command that kills `floe`, the parent of the script.
pub(crate) const KILL: &str = "kill -KILL $PPID";

pub(crate) struct Setup {
    pub(crate) folder: TempDir,
    pub(crate) receiver: Receiver,
}

pub(crate) fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dbt").join(name)
}

/// Returns the command `floe` without the variables of this process that `floe` reads.
pub(crate) fn floe() -> Command {
    let built = || env!("CARGO_BIN_EXE_floe").to_owned();
    let mut floe = Command::new(std::env::var("PIPELINE_FLOE").unwrap_or_else(|_| built()));
    without_variables(&mut floe);
    floe
}

pub(crate) fn without_variables(command: &mut Command) {
    for (name, _) in std::env::vars() {
        if ["OTEL_", "DBT_", "DAGSTER_", "FLOE_", "TRACEPARENT", "BAGGAGE"]
            .iter()
            .any(|it| name.starts_with(it))
        {
            command.env_remove(name);
        }
    }
}

impl Setup {
    pub(crate) fn new(script: &str) -> Self {
        let setup = Self { folder: tempfile::tempdir().unwrap(), receiver: Receiver::http() };
        setup.program("dbt", script);
        setup
    }

    /// Creates a program that plays recorded events, beside their manifest, and exits with `code`.
    pub(crate) fn playing(name: &str, code: i32) -> Self {
        let setup = Self::new(&format!("{PLAY}\nexit {code}"));
        fs::create_dir(setup.path("target")).unwrap();
        let manifest = recorded(&format!("{name}.manifest.json"));
        if manifest.exists() {
            fs::copy(manifest, setup.path("target/manifest.json")).unwrap();
        }
        setup
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn program(&self, name: &str, script: &str) {
        fs::write(self.path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns the command `floe trace-dbt -- ./dbt <arguments>` in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut floe = floe();
        floe.args(["trace-dbt", "--", "./dbt"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", self.receiver.endpoint());
        floe
    }

    pub(crate) fn build(&self, events: &str) -> Output {
        let mut command = self.command(&["build"]);
        command.env("EVENTS", recorded(events));
        command.output().unwrap()
    }

    pub(crate) fn wait_for_removal(&self) {
        let status = Command::new("sh")
            .args(["-c", "until [ -z \"$(ls -A tmp)\" ]; do sleep 0.02; done"])
            .current_dir(self.folder.path())
            .status();
        assert!(status.unwrap().success());
    }

    pub(crate) fn spans(&self) -> Vec<ReceivedSpan> {
        self.receiver.spans()
    }

    pub(crate) fn span(&self, name: &str) -> ReceivedSpan {
        single(&self.spans(), name).clone()
    }
}

pub(crate) fn text(span: &ReceivedSpan, key: &str) -> Option<String> {
    match span.attributes.get(key)? {
        Value::String(text) => Some(text.clone()),
        other => Some(format!("{other:?}")),
    }
}

pub(crate) fn bytes(receiver: &Receiver) -> String {
    let requests = receiver.every_request();
    let bodies: Vec<u8> = requests.into_iter().flat_map(|request| request.body).collect();
    String::from_utf8_lossy(&bodies).into_owned()
}

pub(crate) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the nanoseconds from 1970 to a time on 21 November 2026, for example `23:51:30.256628`.
pub(crate) fn nanos(time: &str) -> u64 {
    let (time, fraction) = time.split_once('.').unwrap();
    let seconds = time.split(':').fold(0, |sum, part| sum * 60 + part.parse::<u64>().unwrap());
    1_795_219_200_000_000_000 + seconds * 1_000_000_000 + fraction.parse::<u64>().unwrap() * 1000
}

#[track_caller]
pub(crate) fn error_message(span: &ReceivedSpan) -> &str {
    match &span.status {
        ReceivedStatus::Error(message) => message,
        status => panic!("{} has the status {status:?}", span.name),
    }
}

/// Returns the command with the default reaction to signals, because a shell starts background commands with some
/// signals ignored, and `floe` respects that.
pub(crate) fn with_default_signals(command: &Command) -> Command {
    let mut env = before(&["env", "--default-signal=HUP,INT,TERM"], command);
    // Without a process group of its own, `floe` would take the signal of a test on a terminal for a signal of the
    // terminal, which dbt receives, too.
    env.process_group(0);
    env
}

/// Asserts that the first hook has failed, and that dbt did not run the second one.
pub(crate) fn assert_failed_hook(spans: &[ReceivedSpan]) {
    let failed = single(spans, "dbt.operation.corner_shop-on-run-start-0");
    assert_eq!(error_message(failed), "the hook failed");
    assert_attributes(failed, &json!({ "dbt.status": "error", "thread.name": "MainThread" }));
    let skipped = single(spans, "dbt.operation.corner_shop-on-run-start-1");
    assert_eq!(skipped.status, ReceivedStatus::Unset);
    assert_attributes(skipped, &json!({ "dbt.node_outcome": "skipped" }));
}

//! dbt projects and dbt commands, for the plugins that run dbt.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::dbt::{CommandRun, DbtCommand, DbtOutcome, Project};
use floe_plugin::{Error, ErrorKind};
use floe_plugins::process::child::{Invocation, Output, Program};
use floe_plugins::quote::one_line;
use serde_json::Value;

use crate::in_run::InRun;
use crate::manifest::{self, Manifest};
use crate::run_results::{NodeResult, RunResults};
use crate::setting::set;

/// The folder into which `dbt parse` writes. Other commands of the project do not read it.
pub const PARSED: &str = ".floe/dbt/target";

/// The time for `dbt parse`, for which processes of an orchestrator wait.
const PARSE_LIMIT: Duration = Duration::from_secs(600);

const MANIFEST: &str = "target/manifest.json";

const RESULTS: &str = "target/run_results.json";

/// The accepted versions of dbt-core. Older versions do not support `arguments` of tests.
pub(crate) const CORE: &str = "1.11 to below 2";

pub(crate) fn is_core(major: u32, minor: u32) -> bool {
    major == 1 && minor >= 11
}

#[derive(Debug)]
pub(crate) struct Dbt<'a> {
    pub(crate) tool: &'static str,
    /// The scope of the spans of nodes; `None` for no spans.
    pub(crate) tracer: Option<&'static str>,
    pub(crate) program: &'a Program,
    /// Whether the version with this major and minor number is accepted, and a description of the accepted versions.
    pub(crate) versions: (fn(u32, u32) -> bool, &'static str),
    pub(crate) limit: Duration,
}

impl Dbt<'_> {
    /// Runs a command. A failed node is an error.
    pub(crate) fn run(&self, command: DbtCommand, project: &Project<'_>) -> CommandRun {
        let (invocation_id, results) = self.results(command, project);
        let nodes = results.as_ref().map(|results| {
            // dbt has just written the manifest.
            let manifest = Manifest::read(&project.folder.join(MANIFEST)).ok();
            results.nodes(manifest.as_ref())
        });
        CommandRun {
            invocation_id,
            nodes: nodes.unwrap_or_default(),
            outcome: results.and_then(|results| self.outcome(command, &results)),
        }
    }

    fn outcome(&self, command: DbtCommand, results: &RunResults) -> Result<DbtOutcome, Error> {
        let failed = || results.results.iter().filter(|node| node.has_failed());
        if let Some(first) = failed().next() {
            let count = failed().count();
            let all = results.results.len();
            let tool = self.tool;
            let command = command.as_str();
            let reason = first.message.as_deref().unwrap_or(&first.status);
            let message = format!(
                "{tool} {command}: {count} of {all} nodes failed, the first: {}: {}",
                first.unique_id,
                one_line(reason)
            );
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let count = |resource_type| {
            let nodes = results.results.iter();
            Some(nodes.filter(|node| node.is(resource_type)).count() as u64)
        };
        Ok(DbtOutcome {
            models_run: count("model"),
            tests_run: count("test"),
            failures: Some(0),
            execution_time_seconds: Some(results.elapsed_time),
        })
    }

    /// Runs a command and returns its id, if dbt has reported it, and the results of its nodes. A failed node is not an
    /// error.
    pub(crate) fn results(
        &self,
        command: DbtCommand,
        project: &Project<'_>,
    ) -> (Option<String>, Result<RunResults, Error>) {
        let (folder, invocation) = match self.prepare(command, project) {
            Ok(prepared) => prepared,
            Err(error) => return (None, Err(error)),
        };
        let project = Project { folder: &folder, ..*project };
        let (id, output) = self.recorded(command, &project, invocation);
        let read = |output| self.read(command, &folder, &output);
        (id, output.and_then(read))
    }

    /// Removes old results, which could be mistaken for new ones. Returns the absolute folder and the invocation.
    fn prepare<'a>(
        &self,
        command: DbtCommand,
        project: &Project<'a>,
    ) -> Result<(PathBuf, Invocation<'a>), Error> {
        let folder = std::path::absolute(project.folder)?;
        if command != DbtCommand::Parse
            && let Err(error) = fs::remove_file(folder.join(RESULTS))
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error.into());
        }
        let invocation = self.invocation(command, project, &folder)?;
        Ok((folder, invocation))
    }

    fn read(
        &self,
        command: DbtCommand,
        folder: &Path,
        output: &Output<'_>,
    ) -> Result<RunResults, Error> {
        if command == DbtCommand::Parse && output.code == 0 {
            return Ok(RunResults::default());
        }
        let path = folder.join(RESULTS);
        // With the code 1, a node failed, as the results tell. With 2, dbt itself failed, perhaps without results.
        if !matches!(output.code, 0 | 1) || !path.is_file() {
            return Err(self.failed(command, output));
        }
        let results: RunResults = manifest::parse(&path).map_err(|error| {
            let message = format!("{}: run_results.json: {error}", self.tool);
            Error::new(ErrorKind::InvalidResponse, message)
        })?;
        let found = &results.metadata.dbt_version;
        let (is_accepted, accepted) = self.versions;
        if !version(found).is_some_and(|(major, minor)| is_accepted(major, minor)) {
            let message = format!("{}: expected {accepted}, found dbt {found}", self.tool);
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        if output.code == 1 && !results.results.iter().any(NodeResult::has_failed) {
            return Err(self.failed(command, output));
        }
        Ok(results)
    }

    /// Runs the program. With a tracer, records its events about nodes while it runs.
    fn recorded<'a>(
        &self,
        command: DbtCommand,
        project: &Project<'_>,
        mut invocation: Invocation<'a>,
    ) -> (Option<String>, Result<Output<'a>, Error>) {
        if let Some(tracer) = self.tracer {
            let in_run = InRun::start(tracer, command.as_str(), project);
            for (name, value) in in_run.variables() {
                invocation = invocation.env(name, value);
            }
            let output = invocation.run();
            let id = in_run.end(output.as_ref().ok().map(|output| output.code));
            return (id, output);
        }
        (None, with(invocation, "LOG_LEVEL_FILE", "none").run())
    }

    fn invocation<'a>(
        &self,
        command: DbtCommand,
        project: &Project<'a>,
        folder: &Path,
    ) -> Result<Invocation<'a>, Error> {
        if let Some(target) = project.target
            && (target.is_empty() || target.starts_with('-'))
        {
            let message = format!("expected the name of a target, found `{target}`");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let profiles = project.profiles.map(std::path::absolute).transpose()?;
        let (target, limit) = match command {
            DbtCommand::Parse => (PARSED, self.limit.min(PARSE_LIMIT)),
            _ => ("target", self.limit),
        };
        let invocation = Invocation::new(self.tool, self.program, limit)
            .arg(command.as_str())
            .option("--project-dir", Some(folder))
            .option("--profiles-dir", profiles.as_ref())
            .option("--target", project.target)
            .folder(folder);
        let invocation = with(invocation, "LOG_FORMAT", "json");
        let invocation = with(invocation, "SEND_ANONYMOUS_USAGE_STATS", "false");
        let invocation = with(invocation, "TARGET_PATH", folder.join(target));
        let mut invocation = with(invocation, "USE_COLORS", "false");
        for node in project.selection.into_iter().flat_map(|it| &it.select) {
            invocation = invocation.arg("--select").arg(node);
        }
        Ok(invocation)
    }

    /// Creates the error of a command without usable results, with dbt's last error message if there is one.
    fn failed(&self, command: DbtCommand, output: &Output<'_>) -> Error {
        let logged = output.stdout().lines().rev().find_map(error_message);
        match logged {
            Some(message) => {
                let tool = self.tool;
                let command = command.as_str();
                let code = output.code;
                let message = one_line(&message);
                let message =
                    format!("{tool} {command} ended with the exit code {code}: {message}");
                Error::new(ErrorKind::Rejected, message)
            }
            None if output.code == 0 => {
                let message = format!("{}: there is no target/run_results.json", self.tool);
                Error::new(ErrorKind::InvalidResponse, message)
            }
            None => output.error(ErrorKind::Rejected),
        }
    }
}

fn with<'a>(invocation: Invocation<'a>, name: &str, value: impl Into<OsString>) -> Invocation<'a> {
    set(name, value)
        .into_iter()
        .fold(invocation, |invocation, (name, value)| invocation.env(&name, value))
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn error_message(line: &str) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    let info = event.get("info")?;
    (info.get("level")?.as_str()? == "error").then_some(())?;
    // dbt also logs a stack trace as an error, which is left out.
    let name = info.get("name").and_then(Value::as_str);
    let message = info.get("msg")?.as_str()?;
    (name != Some("MainStackTrace") && !message.is_empty()).then(|| message.to_owned())
}

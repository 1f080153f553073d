//! The spans and log records of a dbt command, made from dbt's lines while it runs.
//!
//! This module uses no process and no pipe: `event.rs` and `manifest.rs` parse, and this module makes spans of the
//! parsed data.

mod artifacts;
mod assets;
mod command;
mod database;
mod failure;
mod log;
mod nodes;

use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::SystemTime;

use floe_plugin::dbt::{BuiltNode, Invocation, Selection};
use floe_plugin::orchestrator::Asset;
use floe_plugins::process::foreground::Exit;
use floe_plugins::runs::correlation;
use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::trace::TraceContextExt as _;
use floe_telemetry::sanitize_error_message;

use self::artifacts::Artifacts;
use self::command::CommandSpan;
use self::database::Database;
use self::nodes::{Nodes, Surroundings};
use crate::event::{Event, Kind};
use crate::invocation;
use crate::node::{BUILDS_NOTHING, Node, RunResult, Words};

pub(crate) const TRACER_NAME: &str = "floe.dbt.core";

#[derive(Debug)]
pub(crate) struct CommandTrace {
    span: CommandSpan,
    nodes: Nodes,
    artifacts: Artifacts,
    database: Database,
    words: Words,
    selection: Selection,
    project: Option<String>,
    target: Option<String>,
    dagster_run_id: Option<String>,
    /// Whether the spans are exported if the command fails.
    is_recorded: bool,
    /// The channel to which each node is sent when it has ended.
    ended: Option<Sender<BuiltNode>>,
    /// The path of a manifest that could not be read when dbt announced it.
    unread_manifest: Option<String>,
    warnings: Vec<String>,
}

impl CommandTrace {
    /// Starts the span `dbt.<command>`. `project` is the project's folder.
    pub(crate) fn start(command: &str, project: &Path, parent: &Context) -> Self {
        let trace = Self::new(CommandSpan::start(TRACER_NAME, command, parent), project);
        if let Some(run_id) = &trace.dagster_run_id {
            trace.span.set_attribute(Asset::RUN_ID, run_id);
        }
        trace
    }

    /// Creates the trace of a command whose span is the current span of `root`. The caller ends the span.
    pub(crate) fn within(
        tracer: &'static str,
        command: &str,
        project: &Path,
        root: Context,
    ) -> Self {
        Self::new(CommandSpan::within(tracer, command, root), project)
    }

    fn new(span: CommandSpan, project: &Path) -> Self {
        let is_recorded = span.span_context().is_sampled() || span.context.span().is_recording();
        Self {
            is_recorded,
            span,
            nodes: Nodes::default(),
            artifacts: Artifacts::new(project.to_owned()),
            database: Database::default(),
            words: Words::default(),
            selection: Selection::default(),
            project: None,
            target: None,
            dagster_run_id: correlation::dagster_run_id(),
            ended: None,
            unread_manifest: None,
            warnings: Vec::new(),
        }
    }

    /// Also sends each node that has ended to `ended`, except hooks.
    pub(crate) fn sending(self, ended: Option<Sender<BuiltNode>>) -> Self {
        Self { ended, ..self }
    }

    /// Also records spans of the assets that the nodes are.
    pub(crate) fn with_assets(self, selection: Option<&Selection>) -> Self {
        Self { selection: selection.cloned().unwrap_or_default(), ..self }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.span.context
    }

    /// Adds the name of the project and the target of the profile, if they are known before dbt runs.
    pub(crate) fn of_project(mut self, project: Option<&str>, target: Option<String>) -> Self {
        if let Some(project) = project {
            self.span.set_attribute(Invocation::PROJECT_NAME, project);
        }
        if let Some(target) = &target {
            self.span.set_attribute(Invocation::TARGET, target);
        }
        self.project = project.map(str::to_owned);
        self.target = target;
        self
    }

    pub(crate) fn event(&mut self, event: &Event) {
        self.set_invocation(event.invocation_id());
        match event.kind() {
            Kind::Version(version) => {
                // The open nodes belong to an earlier invocation, which has ended.
                self.nodes.cancel(event.time().unwrap_or_else(SystemTime::now));
                self.span.set_attribute(Invocation::VERSION, version);
            }
            Kind::Arguments { command, is_empty } => {
                let command = invocation::command_of(command);
                let retried = || command == "retry" && self.artifacts.is_of_empty();
                self.words = Words {
                    builds_nothing: BUILDS_NOTHING.contains(&&*command),
                    is_empty: is_empty.unwrap_or_else(retried),
                };
            }
            Kind::Adapter(adapter) => self.set_adapter(adapter),
            Kind::Target(target) => {
                self.target = Some(target.to_owned());
                self.span.set_attribute(Invocation::TARGET, target);
            }
            Kind::Artifact { kind: "WritableManifest", path } => {
                // dbt does not write manifests atomically, so this one may be incomplete.
                self.unread_manifest = self.read_manifest(path).err().map(|_| path.to_owned());
            }
            Kind::Artifact { kind: "RunExecutionResult", path } => self.artifacts.set_results(path),
            Kind::NodeStarted(node) => {
                let (nodes, around) = self.nodes();
                nodes.start(&node, event.time(), &around);
            }
            Kind::NodeFinished(node, result) => {
                // The record is emitted first, because it belongs to the node, whose span ends here.
                self.log(event);
                self.finish_node(&node, &result, event.time());
                return;
            }
            Kind::Failed(message) => {
                self.span.failure = Some(sanitize_error_message(message).into_owned());
            }
            _ => {}
        }
        self.log(event);
    }

    fn nodes(&mut self) -> (&mut Nodes, Surroundings<'_>) {
        let around = Surroundings {
            tracer: &self.span.tracer,
            root: &self.span.context,
            manifest: self.artifacts.manifest(),
            database: &self.database,
            words: self.words,
            selection: &self.selection,
        };
        (&mut self.nodes, around)
    }

    fn finish_node(&mut self, node: &Node, result: &RunResult, at: Option<SystemTime>) {
        let (nodes, around) = self.nodes();
        let has_ended = nodes.finish(node, result, at, &around);
        if let Some(ended) = self.ended.as_ref().filter(|_| has_ended && !node.is_hook()) {
            // If there is no receiver, the run no longer waits for dbt.
            let span = self.nodes.context(&node.unique_id).cloned();
            let _ = ended.send(BuiltNode { span, ..result.of(node) });
        }
    }

    fn set_adapter(&mut self, adapter: &str) {
        if self.database.adapter.as_deref() == Some(adapter) {
            return;
        }
        self.database.adapter = Some(adapter.to_owned());
        self.span.set_attribute(Invocation::ADAPTER_TYPE, adapter);
    }

    fn read_manifest(&mut self, path: &str) -> Result<(), String> {
        let read = self.artifacts.read_manifest(path, &self.span.invocation_id);
        if let Some(name) = read? {
            self.span.set_attribute(Invocation::PROJECT_NAME, name);
        }
        Ok(())
    }

    /// Reads a manifest that could not be read before, or warns about it. Called at the end of an invocation.
    fn read_unread_manifest(&mut self) {
        if let Some(path) = self.unread_manifest.take() {
            let warning = self.read_manifest(&path).err();
            self.warnings.extend(warning);
        }
    }

    fn set_invocation(&mut self, id: &str) {
        if !id.is_empty() && self.span.invocation_id != id {
            self.read_unread_manifest();
            self.artifacts.forget_results();
            self.span.set_invocation(id);
        }
    }

    /// Emits a log record with the ids of the node's span, or else of the command's span.
    fn log(&self, event: &Event) {
        let root = &self.span.context;
        let node = event.node_key();
        let context = node.and_then(|(id, started)| self.nodes.current(id, started));
        let context = context
            .map_or_else(|| root.clone(), |span| root.with_remote_span_context(span.clone()));
        let _current = context.attach();
        log::emit(event, self.dagster_run_id.as_deref());
    }

    /// Ends the spans; that of the command last, unless the caller ends it. `record` receives a command in which dbt ran.
    /// Returns the id that dbt gave to the command, and warnings about gaps.
    pub(crate) fn end(
        mut self,
        exit: Exit,
        record: impl FnOnce(Recorded<'_>),
    ) -> (Option<String>, Vec<String>) {
        let end = SystemTime::now();
        self.nodes.cancel(end);
        self.read_unread_manifest();
        if exit != Exit::Code(0) {
            self.add_skipped(end);
        }
        let failure = self.span.conclude(exit, end, &self.nodes.counts);
        let recorded = self.recorded(exit, end);
        let invocation_id = recorded.as_ref().map(|it| it.invocation_id.to_owned());
        if let Some(recorded) = recorded {
            record(recorded);
        }
        self.span.end(exit, end, failure);
        (invocation_id, self.warnings)
    }

    /// Adds the nodes that `--fail-fast` skipped, or dbt 1.12 after a failed hook: dbt has no event for them, only results.
    fn add_skipped(&mut self, end: SystemTime) {
        let Ok(Some(results)) = self.artifacts.results(&self.span.invocation_id) else {
            return;
        };
        for result in results.results.iter().filter(|result| result.is_skipped()) {
            if self.nodes.context(&result.unique_id).is_none() {
                self.finish_node(&Node::of(result), &RunResult::read(result), Some(end));
            }
        }
    }

    /// Returns the command for the history; `None` if dbt did not run.
    fn recorded(&self, exit: Exit, end: SystemTime) -> Option<Recorded<'_>> {
        if self.span.invocation_id.is_empty() {
            return None;
        }
        let ids = self.span.span_context();
        let has_failed = exit != Exit::Code(0);
        let is_recorded = ids.is_sampled() || has_failed && self.is_recorded;
        Some(Recorded {
            artifacts: &self.artifacts,
            command: &self.span.name,
            project: self.project.as_deref(),
            target: self.target.as_deref(),
            succeeded: exit == Exit::Code(0),
            started: self.span.started,
            ended: end,
            trace_id: is_recorded.then(|| ids.trace_id().to_string()),
            span_id: is_recorded.then(|| ids.span_id().to_string()),
            invocation_id: &self.span.invocation_id,
            dagster_run_id: self.dagster_run_id.as_deref(),
        })
    }

    pub(crate) fn not_started(mut self, message: &str) {
        self.span.failure = Some(sanitize_error_message(message).into_owned());
        self.end(Exit::Code(127), |_| {});
    }
}

/// An executed command, with its ids in other tools.
#[derive(Debug)]
pub struct Recorded<'a> {
    /// The command, for example `dbt build`.
    pub command: &'a str,
    /// The name of the project.
    pub project: Option<&'a str>,
    /// The target of the profile.
    pub target: Option<&'a str>,
    /// Whether the exit code was 0.
    pub succeeded: bool,
    /// The start.
    pub started: SystemTime,
    /// The end.
    pub ended: SystemTime,
    /// The id of dbt's last invocation.
    pub invocation_id: &'a str,
    /// The id of the trace, if the command's span is exported.
    pub trace_id: Option<String>,
    /// The id of the command's span, if the span is exported.
    pub span_id: Option<String>,
    /// The id of the Dagster run that contains the command.
    pub dagster_run_id: Option<&'a str>,
    artifacts: &'a Artifacts,
}

impl Recorded<'_> {
    /// Returns the nodes of dbt's last invocation, from its results.
    ///
    /// # Errors
    /// The results cannot be read, or belong to another invocation.
    pub fn nodes(&self) -> Result<Vec<BuiltNode>, String> {
        self.artifacts.nodes(self.invocation_id)
    }
}

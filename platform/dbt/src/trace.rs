//! The spans and log records of a dbt command, made from the lines that dbt writes while it runs.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use floe_plugin::Operation as _;
use floe_plugin::dbt::{Dbt, DbtOutcome, Invocation, Node as NodeAttributes, NodeOutcome};
use floe_plugin::lineage::Lineage as LineageAttributes;
use floe_plugin::orchestrator::Asset;
use floe_plugin::quality::{Quality, QualityOutcome};
use floe_plugins::process::foreground::Exit;
use floe_plugins::runs::correlation;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::{
    Link, Span as _, SpanContext, Status, TraceContextExt as _, Tracer as _,
};
use floe_telemetry::opentelemetry::{Context, KeyValue};
use floe_telemetry::{
    FloeAttributes, RecordedSpan, RecorderTracer, get_tracer, sanitize_error_message,
};

use crate::event::{Event, Kind, Node, RunResult, without_colours};
use crate::fusion::{ERROR, Record as FusionRecord, RecordType};
use crate::lineage::{self, Change, Lineage, NOT_ENDED};
use crate::manifest::Manifest;
use crate::profile::Profiles;
use crate::run_results::{NodeResult, RunResults};

/// The scope of the spans.
pub(crate) const TRACER_NAME: &str = "floe.dbt.core";

/// The maximum number of links of a span.
const MAX_LINKS: usize = 128;

/// The maximum number of nodes that are recorded at a time. dbt runs as many as it has threads.
const MAX_OPEN: usize = 10_000;

/// The maximum number of hooks whose messages are awaited. dbt runs no hook after one that has failed.
const MAX_FAILED_HOOKS: usize = 16;

/// The maximum size of `run_results.json` in bytes.
const MAX_RESULTS_SIZE: u64 = 1 << 30;

/// The error of a node that dbt has canceled.
const CANCELED: &str = "dbt canceled the node";

/// The maximum number of nodes that others have links to.
const MAX_NODES: usize = 1_000_000;

/// A dbt command that runs: its span, and the spans of the nodes that have not finished.
#[derive(Debug)]
pub(crate) struct CommandTrace {
    tracer: RecorderTracer,
    /// The context with the command's span.
    root: Context,
    /// Whether the span ends with the trace.
    is_owned: bool,
    /// For example `dbt build`.
    command: String,
    started: SystemTime,
    /// The folder of the project.
    project: PathBuf,
    /// The id of the run in Dagster that the command is a part of.
    dagster_run_id: Option<String>,
    manifest: Option<Manifest>,
    /// The invocation that has written the manifest.
    manifest_of: Option<String>,
    lineage: Option<Lineage>,
    profiles: Profiles,
    adapter: Option<String>,
    target: Option<String>,
    /// Hooks that have failed. Their messages follow at the end of the command.
    failed_hooks: Vec<FailedHook>,
    /// By unique id. A model that is built in batches is open together with a batch of it.
    open: HashMap<String, Vec<OpenNode>>,
    /// The spans of all nodes so far, for links.
    contexts: HashMap<String, SpanContext>,
    /// The open spans of dbt Fusion, by their ids there, with the context for their children.
    fusion: HashMap<String, (Option<RecordedSpan>, Context)>,
    is_fusion: bool,
    invocation_id: String,
    failure: Option<String>,
    counts: Counts,
    warnings: Vec<String>,
}

#[derive(Debug)]
struct OpenNode {
    started: String,
    span: RecordedSpan,
}

#[derive(Debug)]
struct FailedHook {
    unique_id: String,
    span: RecordedSpan,
    end: SystemTime,
}

#[derive(Debug, Default)]
struct Counts {
    models: u64,
    tests: u64,
    failures: u64,
}

impl CommandTrace {
    /// Starts the span `dbt.<command>`. `project` is the project's folder.
    pub(crate) fn start(command: &str, project: &Path, parent: &Context) -> Self {
        let tracer = get_tracer(TRACER_NAME);
        let dbt = Dbt {
            operation: command,
            ..Dbt::default()
        };
        let mut attributes = dbt.to_otel_dict();
        attributes.push(KeyValue::new("dbt.command", command.to_owned()));
        let started = SystemTime::now();
        let name = dbt.span_name().replace(' ', ".");
        let builder = tracer.span_builder(name).with_attributes(attributes);
        let span = builder
            .with_start_time(started)
            .start_with_context(&tracer, parent);
        let trace = Self {
            is_owned: true,
            started,
            ..Self::within(TRACER_NAME, command, project, parent.with_span(span))
        };
        if let Some(run_id) = &trace.dagster_run_id {
            let run_id = KeyValue::new(Asset::RUN_ID, run_id.clone());
            trace.root.span().set_attribute(run_id);
        }
        trace
    }

    /// The trace of a command whose span is that of a context, and is ended by whoever started it.
    pub(crate) fn within(
        tracer: &'static str,
        command: &str,
        project: &Path,
        root: Context,
    ) -> Self {
        Self {
            tracer: get_tracer(tracer),
            root,
            is_owned: false,
            command: format!("dbt {command}"),
            started: SystemTime::now(),
            project: project.to_owned(),
            dagster_run_id: correlation::dagster_run_id(),
            manifest: None,
            manifest_of: None,
            lineage: None,
            profiles: Profiles::default(),
            adapter: None,
            target: None,
            failed_hooks: Vec::new(),
            open: HashMap::new(),
            contexts: HashMap::new(),
            fusion: HashMap::new(),
            is_fusion: false,
            invocation_id: String::new(),
            failure: None,
            counts: Counts::default(),
            warnings: Vec::new(),
        }
    }

    /// Also emits lineage. `profiles` have the database of the project.
    pub(crate) fn with_lineage(mut self, lineage: Option<Lineage>, profiles: Profiles) -> Self {
        if let Some(lineage) = &lineage {
            self.set_lineage_run_id(lineage.run_id());
        }
        self.lineage = lineage;
        self.profiles = profiles;
        self
    }

    fn set_lineage_run_id(&self, run_id: &RunId) {
        let run_id = KeyValue::new(LineageAttributes::RUN_ID, run_id.to_string());
        self.root.span().set_attribute(run_id);
    }

    /// The context of the command, for its process.
    pub(crate) fn context(&self) -> &Context {
        &self.root
    }

    /// Adds attributes to the span of the command.
    pub(crate) fn describe(&self, attributes: &impl FloeAttributes) {
        self.root.span().set_attributes(attributes.to_otel_dict());
    }

    /// Processes a line of dbt's log.
    pub(crate) fn event(&mut self, event: &Event) {
        self.set_invocation(event.invocation_id());
        match event.kind() {
            Kind::Version(version) => {
                let at = event.time().unwrap_or_else(SystemTime::now);
                if !self.is_fusion {
                    // Of an invocation before this one, which has ended.
                    self.cancel_open(at);
                }
                self.set_version(version, at);
            }
            Kind::Adapter(adapter) => self.set_adapter(adapter),
            Kind::Target(target) => {
                self.describe(&Invocation {
                    target: Some(target),
                    ..Invocation::default()
                });
                self.target = Some(target.to_owned());
            }
            Kind::Artifact {
                kind: "WritableManifest",
                path,
            } => self.read_manifest(path),
            Kind::Artifact {
                kind: "RunExecutionResult",
                path,
            } if self.counts.failures > 0 && !self.is_fusion => self.add_skipped(path, event),
            // dbt Fusion writes both logs.
            Kind::NodeStarted(node) if !self.is_fusion => {
                self.start_node(node, event, self.root.clone());
            }
            Kind::NodeFinished(node, result) if !self.is_fusion => {
                // The record belongs to the node, whose span ends here.
                self.log(event);
                self.finish_node(node, result, event);
                return;
            }
            Kind::ResultMessage(node, message) => self.end_failed_hook(node, message),
            Kind::Failed(message) => {
                self.failure = Some(sanitize_error_message(message).into_owned());
            }
            _ => {}
        }
        if !self.is_fusion {
            self.log(event);
        }
    }

    fn set_invocation(&mut self, id: &str) {
        if !id.is_empty() && self.invocation_id != id {
            id.clone_into(&mut self.invocation_id);
            self.describe(&Invocation {
                invocation_id: Some(id),
                ..Invocation::default()
            });
        }
    }

    /// The version of dbt is known, so its run in lineage can begin.
    fn set_version(&mut self, version: &str, at: SystemTime) {
        self.describe(&Invocation {
            version: Some(version),
            ..Invocation::default()
        });
        let _current = self.root.clone().attach();
        if let Some(lineage) = &mut self.lineage {
            let ids = (version, self.invocation_id.as_str());
            let root = self.root.span();
            lineage.start(ids, self.profiles.project(), at, root.span_context());
        }
    }

    fn set_adapter(&mut self, adapter: &str) {
        if self.adapter.as_deref() == Some(adapter) {
            return;
        }
        self.adapter = Some(adapter.to_owned());
        self.describe(&Invocation {
            adapter_type: Some(adapter),
            ..Invocation::default()
        });
    }

    /// Reads the manifest of this invocation, which dbt has written just now. It writes the manifest again at the end,
    /// with the SQL of all nodes.
    fn read_manifest(&mut self, path: &str) {
        if self.manifest_of.as_ref() == Some(&self.invocation_id) {
            return;
        }
        self.manifest_of = Some(self.invocation_id.clone());
        match Manifest::read(&self.artifact(path)) {
            Ok(manifest) => {
                self.describe(&Invocation {
                    project_name: manifest.project_name(),
                    ..Invocation::default()
                });
                self.manifest = Some(manifest);
            }
            Err(error) => self.warnings.push(format!(
                "the spans of nodes have no links: cannot read `{path}`: {error}"
            )),
        }
    }

    /// A file that dbt has written. Its path is relative to the project, or else to the current folder.
    fn artifact(&self, path: &str) -> PathBuf {
        let in_project = self.project.join(path);
        if in_project.exists() {
            in_project
        } else {
            path.into()
        }
    }

    /// Records the nodes that dbt has skipped without an event: those that were not begun when another one failed, with
    /// `--fail-fast`.
    fn add_skipped(&mut self, path: &str, event: &Event) {
        let Ok(read) = RunResults::read(&self.artifact(path), MAX_RESULTS_SIZE) else {
            return;
        };
        if read.metadata.invocation_id != self.invocation_id {
            return;
        }
        let mut rest: Vec<_> = read
            .results
            .iter()
            .filter(|it| it.is_skipped() && !self.contexts.contains_key(&it.unique_id))
            .collect();
        // They have no order there, and links lead to spans that exist.
        while !rest.is_empty() {
            let ids: HashSet<&str> = rest.iter().map(|it| it.unique_id.as_str()).collect();
            let manifest = self.manifest.as_ref();
            let (mut next, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|it| {
                let parents = manifest.map_or(&[][..], |graph| graph.parents(&it.unique_id));
                !parents.iter().any(|parent| ids.contains(parent.as_str()))
            });
            rest = later;
            if next.is_empty() {
                // Not in a graph of dbt.
                next.append(&mut rest);
            }
            for result in next {
                self.add_skipped_node(result, event);
            }
        }
    }

    fn add_skipped_node(&mut self, result: &NodeResult, event: &Event) {
        let id = &result.unique_id;
        let entry = self.manifest.as_ref().and_then(|it| it.entry(id));
        let skipped = Event::skipped(id, entry, result.message.as_deref(), event);
        if let Kind::NodeFinished(node, result) = skipped.kind() {
            self.finish_node(node, result, &skipped);
        }
    }

    /// Starts the span of a node below `above`, or that of a batch below its model.
    fn start_node(&mut self, node: Node<'_>, event: &Event, above: Context) {
        if self.open.len() >= MAX_OPEN {
            return;
        }
        let id = node.unique_id();
        let start = node.start().or_else(|| event.time());
        let attributes = NodeAttributes {
            resource_type: node.resource_type(),
            name: node.name(),
            materialization: node.materialization(),
            schema: node.relation("schema"),
            node_type: Some(node.resource_type()),
            unique_id: Some(id),
            database: node.relation("database"),
            identifier: node.relation("alias"),
            relation: node.relation("relation_name"),
            relative_path: self.file(id).or_else(|| node.path()),
            node_checksum: node.checksum(),
        };
        let mut all = attributes.to_otel_dict();
        all.extend(self.database_attributes(node));
        if !event.thread().is_empty() {
            all.push(KeyValue::new("thread.name", event.thread().to_owned()));
        }
        let node_name = attributes.span_name();
        let nodes = self.open.entry(id.to_owned()).or_default();
        let name = if nodes.is_empty() {
            node_name
        } else {
            format!("dbt.batch.{}", node.name())
        };
        let parent = nodes.first().map(|model| model.span.span_context().clone());
        let parent = parent.map_or(above, |model| self.root.with_remote_span_context(model));
        let links = if nodes.is_empty() {
            links(self.manifest.as_ref(), &self.contexts, id)
        } else {
            Vec::new()
        };
        let mut builder = self
            .tracer
            .span_builder(name)
            .with_attributes(all)
            .with_links(links);
        builder.start_time = start;
        let mut span = builder.start_with_context(&self.tracer, &parent);
        let is_lineage = nodes.is_empty() && lineage::has_run(id);
        if let Some(lineage) = self.lineage.as_mut().filter(|_| is_lineage) {
            let _current = self.root.clone().attach();
            if lineage.needs_data() {
                let target = self.target.as_deref();
                let namespace = self.profiles.namespace(target);
                lineage.set_data(namespace.or(self.adapter.clone()).unwrap_or_default());
            }
            let run_id = lineage.node_started(&Change {
                node,
                manifest: self.manifest.as_ref(),
                at: start.unwrap_or_else(SystemTime::now),
                span: span.span_context(),
            });
            span.set_attribute(KeyValue::new(LineageAttributes::RUN_ID, run_id.to_string()));
        }
        if nodes.is_empty() && self.contexts.len() < MAX_NODES {
            self.contexts
                .insert(id.to_owned(), span.span_context().clone());
        }
        nodes.push(OpenNode {
            started: node.started().to_owned(),
            span,
        });
    }

    fn finish_node(&mut self, node: Node<'_>, result: RunResult<'_>, event: &Event) {
        let id = node.unique_id();
        let status = result.status(node);
        let outcome = Outcome::new(status);
        if outcome == Outcome::Skipped && !self.open.contains_key(id) {
            // A hook after one that has failed.
            self.start_node(node, event, self.root.clone());
        }
        let Some(nodes) = self.open.get_mut(id) else {
            return;
        };
        let last = nodes.len().checked_sub(1);
        let found = nodes.iter().position(|it| it.started == node.started());
        let Some(at) = found.or(last) else {
            return;
        };
        let OpenNode { mut span, .. } = nodes.remove(at);
        let is_batch = at > 0;
        if nodes.is_empty() {
            self.open.remove(id);
        }
        let is_test = matches!(node.resource_type(), "test" | "unit_test");
        if !is_batch {
            self.counts.add(node.resource_type(), outcome);
        }
        let test_outcome = outcome.of_test().filter(|_| is_test);
        span.set_attributes(
            NodeOutcome {
                status,
                node_outcome: if test_outcome.is_some() {
                    "success"
                } else {
                    outcome.as_str()
                },
                test_outcome,
                failing_rows: result.failures().filter(|_| test_outcome.is_some()),
                node_skip_reason: skip_reason(outcome, result),
                rows_affected: result.rows_affected(),
                adapter_code: result.adapter("code"),
                adapter_message: result
                    .adapter("_message")
                    .map(sanitize_error_message)
                    .as_deref(),
                query_id: result.adapter("query_id"),
                execution_time_seconds: result.execution_time(),
            }
            .to_otel_dict(),
        );
        if let Some(thread) = result.thread() {
            span.set_attribute(KeyValue::new("thread.name", thread.to_owned()));
        }
        if let Some(test_outcome) = test_outcome {
            let checked = self
                .manifest
                .as_ref()
                .and_then(|manifest| manifest.checked(id));
            span.set_attributes(quality(node.name(), checked, test_outcome));
        }
        let end = node.end().or_else(|| event.time());
        let end = end.max(add_phases(&mut span, result));
        let end = end.unwrap_or_else(SystemTime::now);
        let error = error(node, status, result, outcome);
        if let Some(lineage) = self.lineage.as_mut().filter(|_| !is_batch) {
            let _current = self.root.clone().attach();
            let change = Change {
                node,
                manifest: self.manifest.as_ref(),
                at: end,
                span: span.span_context(),
            };
            lineage.node_finished(&change, result, error);
        }
        match outcome {
            Outcome::Success | Outcome::Warned => span.set_status(Status::Ok),
            Outcome::Skipped => {}
            Outcome::Canceled => return cancel(span, end, CANCELED),
            Outcome::Error if self.awaits_message(node) => {
                self.failed_hooks.push(FailedHook {
                    unique_id: id.to_owned(),
                    span,
                    end,
                });
                return;
            }
            Outcome::Failed | Outcome::Error => {
                fail(&mut span, error.unwrap_or_default(), outcome);
            }
        }
        span.end_with_timestamp(end);
    }

    /// Whether the message of a node that has failed follows. The records of dbt Fusion have it themselves.
    fn awaits_message(&self, node: Node<'_>) -> bool {
        is_hook(node) && !self.is_fusion && self.failed_hooks.len() < MAX_FAILED_HOOKS
    }

    /// Ends the span of a hook that has failed, whose message dbt writes at the end.
    fn end_failed_hook(&mut self, node: Node<'_>, message: &str) {
        let mut hooks = self.failed_hooks.iter();
        if let Some(at) = hooks.position(|hook| hook.unique_id == node.unique_id()) {
            self.failed_hooks.remove(at).end(message);
        }
    }

    /// The attributes of the semantic conventions for the relation that a node creates.
    fn database_attributes(&self, node: Node<'_>) -> Vec<KeyValue> {
        let mut attributes = Vec::new();
        if let Some(adapter) = &self.adapter {
            attributes.push(KeyValue::new(
                "db.system.name",
                system_name(adapter).to_owned(),
            ));
        }
        let schema = node.relation("schema");
        if node.relation("relation_name").is_some()
            && let (Some(schema), Some(table)) = (schema, node.relation("alias"))
        {
            let database = node.relation("database");
            let namespace = database.map_or(schema.to_owned(), |it| format!("{it}|{schema}"));
            attributes.push(KeyValue::new("db.namespace", namespace));
            attributes.push(KeyValue::new("db.collection.name", table.to_owned()));
        }
        attributes
    }

    fn file(&self, unique_id: &str) -> Option<&str> {
        self.manifest.as_ref()?.file(unique_id)
    }

    /// Emits a log record with the ids of the node's span, or of the command's.
    fn log(&self, event: &Event) {
        let message = without_colours(event.message());
        if message.trim().is_empty() {
            return;
        }
        let node = event.node();
        let id = node.map(Node::unique_id);
        let open = id.and_then(|id| {
            let nodes = self.open.get(id)?;
            let started = node.map(Node::started);
            let exact = nodes.iter().find(|it| Some(it.started.as_str()) == started);
            Some(exact.or(nodes.last())?.span.span_context())
        });
        let context = open.or_else(|| self.contexts.get(id?));
        let context = context.map_or_else(
            || self.root.clone(),
            |span| self.root.with_remote_span_context(span.clone()),
        );
        let _current = context.attach();
        let (name, code, thread) = (event.name(), event.code(), event.thread());
        let (time, invocation) = (event.timestamp(), event.invocation_id());
        let lineage = self.lineage.as_ref().map(|it| it.run_of(id).as_str());
        macro_rules! record {
            ($level:ident) => {
                tracing::event!(
                    target: "dbt",
                    tracing::Level::$level,
                    dbt.event = name,
                    dbt.code = code,
                    dbt.unique_id = id,
                    dbt.invocation_id = invocation,
                    dbt.timestamp = time,
                    lineage.run_id = lineage,
                    dagster.run_id = self.dagster_run_id,
                    thread.name = thread,
                    "{message}"
                )
            };
        }
        match event.level() {
            "error" => record!(ERROR),
            "warn" => record!(WARN),
            "info" => record!(INFO),
            _ => record!(DEBUG),
        }
    }

    /// Processes an OpenTelemetry line of dbt Fusion. The spans become part of this trace.
    pub(crate) fn record(&mut self, kind: RecordType, record: &FusionRecord) {
        self.is_fusion = true;
        if kind == RecordType::Log {
            return self.log_record(record);
        }
        if kind == RecordType::SpanStart && record.event_type() == "Process" {
            // What is open is of a process before this one, which has ended.
            self.cancel_all(record.start().unwrap_or_else(SystemTime::now));
        }
        let node = record.node(self.manifest.as_ref());
        if !self.fusion.contains_key(record.span_id()) {
            match &node {
                Some(node) => self.start_node_record(node, record),
                None => self.start_record(record),
            }
        }
        match node {
            _ if kind == RecordType::SpanStart => {}
            Some(node) => self.end_node_record(&node, record),
            None => self.end_record(record),
        }
    }

    /// The context of the span that a record is below.
    fn above(&self, record: &FusionRecord) -> Context {
        let parent = record.parent_span_id().and_then(|id| self.fusion.get(id));
        parent.map_or(&self.root, |(_, context)| context).clone()
    }

    /// Starts the span of a node, as if dbt Core had reported it.
    fn start_node_record(&mut self, event: &Event, record: &FusionRecord) {
        let above = self.above(record);
        let Some(node) = event.node().filter(|_| self.fusion.len() < MAX_OPEN) else {
            return;
        };
        self.start_node(node, event, above);
        if let Some(context) = self.contexts.get(node.unique_id()) {
            let context = self.root.with_remote_span_context(context.clone());
            self.fusion
                .insert(record.span_id().to_owned(), (None, context));
        }
    }

    fn end_node_record(&mut self, event: &Event, record: &FusionRecord) {
        self.fusion.remove(record.span_id());
        if let Kind::NodeFinished(node, result) = event.kind() {
            let open = self.open.get_mut(node.unique_id());
            if let Some(open) = open.and_then(|nodes| nodes.last_mut()) {
                // Those that dbt Core does not have.
                open.span.set_attributes(record.attributes());
            }
            self.finish_node(node, result, event);
        }
    }

    fn start_record(&mut self, record: &FusionRecord) {
        if self.fusion.len() >= MAX_OPEN {
            return;
        }
        let id = record.span_id().to_owned();
        if matches!(record.event_type(), "Process" | "Invocation") {
            // The span of the command stands for them.
            self.root.span().set_attributes(record.attributes());
            self.fusion.insert(id, (None, self.root.clone()));
            if let Some(id) = record.attribute("invocation_id") {
                self.set_invocation(&id);
            }
            if let Some(version) = record.version() {
                self.set_version(version, record.start().unwrap_or_else(SystemTime::now));
            }
            return;
        }
        let mut attributes = record.attributes();
        if let Some(adapter) = record.attribute("adapter_type") {
            let system = system_name(&adapter).to_owned();
            attributes.push(KeyValue::new("db.system.name", system));
            self.set_adapter(&adapter);
        }
        let mut builder = self
            .tracer
            .span_builder(record.span_name().to_owned())
            .with_attributes(attributes);
        builder.start_time = record.start();
        let span = builder.start_with_context(&self.tracer, &self.above(record));
        let context = span.span_context().clone();
        let context = self.root.with_remote_span_context(context);
        self.fusion.insert(id, (Some(span), context));
    }

    fn end_record(&mut self, record: &FusionRecord) {
        if record.event_type() == "ArtifactWritten"
            && record.attribute("artifact_type").as_deref() == Some("manifest")
            && let Some(path) = record.attribute("relative_path")
        {
            self.read_manifest(&path);
        }
        let Some((span, _)) = self.fusion.remove(record.span_id()) else {
            return;
        };
        let end = record.end().unwrap_or_else(SystemTime::now);
        let Some(mut span) = span else {
            self.root.span().set_attributes(record.attributes());
            return;
        };
        span.set_attributes(record.attributes());
        match record.status() {
            Some((1, _)) => span.set_status(Status::Ok),
            Some((ERROR, message)) => fail(&mut span, message, Outcome::Error),
            _ => {}
        }
        span.end_with_timestamp(end);
    }

    fn log_record(&self, record: &FusionRecord) {
        let span = self.fusion.get(record.span_id());
        let _current = span
            .map_or(&self.root, |(_, context)| context)
            .clone()
            .attach();
        let message = without_colours(record.body());
        let code = record.attribute("dbt_core_event_code");
        macro_rules! emit {
            ($level:ident) => {
                tracing::event!(
                    target: "dbt",
                    tracing::Level::$level,
                    dbt.code = code,
                    dbt.invocation_id = self.invocation_id,
                    lineage.run_id = self.lineage.as_ref().map(|it| it.run_id().as_str()),
                    dagster.run_id = self.dagster_run_id,
                    "{message}"
                )
            };
        }
        match record.severity_number() {
            17.. => emit!(ERROR),
            13.. => emit!(WARN),
            9.. => emit!(INFO),
            _ => emit!(DEBUG),
        }
    }

    /// Ends the spans of nodes that dbt has not ended.
    fn cancel_open(&mut self, end: SystemTime) {
        let outcome = NodeOutcome {
            status: "canceled",
            node_outcome: "canceled",
            ..NodeOutcome::default()
        };
        // The batches of a model end before it.
        for mut node in self
            .open
            .drain()
            .flat_map(|(_, nodes)| nodes.into_iter().rev())
        {
            node.span.set_attributes(outcome.to_otel_dict());
            cancel(node.span, end, NOT_ENDED);
        }
        for hook in self.failed_hooks.drain(..) {
            hook.end("the hook failed");
        }
        if let Some(lineage) = &mut self.lineage {
            let _current = self.root.clone().attach();
            lineage.abort_nodes(end);
        }
    }

    /// Ends all spans but that of the command.
    fn cancel_all(&mut self, end: SystemTime) {
        self.cancel_open(end);
        for span in self.fusion.drain().filter_map(|(_, (span, _))| span) {
            cancel(span, end, NOT_ENDED);
        }
    }

    /// Ends all spans, that of the command last.
    pub(crate) fn end(mut self, exit: Exit) -> End {
        let end = SystemTime::now();
        self.cancel_all(end);
        self.describe(&DbtOutcome {
            models_run: Some(self.counts.models),
            tests_run: Some(self.counts.tests),
            failures: Some(self.counts.failures),
            execution_time_seconds: end
                .duration_since(self.started)
                .ok()
                .as_ref()
                .map(Duration::as_secs_f64),
        });
        let root = self.root.span();
        let description = match exit {
            Exit::Code(0) => None,
            Exit::Code(code) => {
                Some(
                    self.failure
                        .take()
                        .unwrap_or_else(|| match self.counts.failures {
                            0 => format!("dbt exited with code {code}"),
                            1 => "1 node failed".to_owned(),
                            failures => format!("{failures} nodes failed"),
                        }),
                )
            }
            Exit::Signal(signal) => Some(format!("signal {signal} ended dbt")),
        };
        if let Some(lineage) = &mut self.lineage {
            let _current = self.root.clone().attach();
            let span = root.span_context();
            lineage.end(exit, description.as_deref(), end, span);
            self.warnings.extend(lineage.warning());
        }
        if let Exit::Code(code) = exit {
            root.set_attribute(KeyValue::new("process.exit.code", i64::from(code)));
        }
        if self.is_owned {
            if let Some(description) = description {
                let error_type = match exit {
                    Exit::Code(code) => format!("exit_{code}"),
                    Exit::Signal(signal) => format!("signal_{signal}"),
                };
                root.set_attribute(KeyValue::new("error.type", error_type));
                root.set_status(Status::error(description));
            } else {
                root.set_status(Status::Ok);
            }
            root.end_with_timestamp(end);
        }
        End {
            recorded: self.to_record(exit, end),
            warnings: self.warnings,
        }
    }

    /// The ids of the command; `None` if dbt did not run.
    fn to_record(&self, exit: Exit, end: SystemTime) -> Option<Recorded> {
        if self.invocation_id.is_empty() {
            return None;
        }
        let root = self.root.span();
        let ids = root.span_context();
        let is_recorded = ids.is_sampled();
        let lineage = self.lineage.as_ref();
        let jobs = lineage.map(|lineage| {
            let jobs = lineage.finished().map(|(id, run_id)| Job {
                name: id.to_owned(),
                lineage_run_id: run_id.to_string(),
            });
            jobs.collect()
        });
        Some(Recorded {
            command: self.command.clone(),
            project: self.profiles.project().map(str::to_owned),
            succeeded: exit == Exit::Code(0),
            started: self.started,
            ended: end,
            trace_id: is_recorded.then(|| ids.trace_id().to_string()),
            span_id: is_recorded.then(|| ids.span_id().to_string()),
            lineage_run_id: lineage.map(|lineage| lineage.run_id().to_string()),
            invocation_id: self.invocation_id.clone(),
            dagster_run_id: self.dagster_run_id.clone(),
            jobs: jobs.unwrap_or_default(),
        })
    }

    /// Ends the command's span: its program could not be started.
    pub(crate) fn not_started(mut self, message: &str) {
        self.failure = Some(sanitize_error_message(message).into_owned());
        self.end(Exit::Code(127));
    }
}

/// What remains of a command.
#[derive(Debug)]
pub(crate) struct End {
    /// What could not be recorded.
    pub(crate) warnings: Vec<String>,
    /// Its ids, if dbt ran.
    pub(crate) recorded: Option<Recorded>,
}

/// A command that ran, with the ids by which other tools refer to it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// For example `dbt build`.
    pub command: String,
    /// The name of the project.
    pub project: Option<String>,
    /// Whether the exit code was 0.
    pub succeeded: bool,
    /// The start.
    pub started: SystemTime,
    /// The end.
    pub ended: SystemTime,
    /// The id of dbt's last invocation.
    pub invocation_id: String,
    /// The id of the trace, if the command's span is sampled.
    pub trace_id: Option<String>,
    /// The id of the command's span.
    pub span_id: Option<String>,
    /// The id of the command's run in `OpenLineage`.
    pub lineage_run_id: Option<String>,
    /// The id of the run in Dagster that the command is a part of.
    pub dagster_run_id: Option<String>,
    /// The nodes that have a run of their own in `OpenLineage`.
    pub jobs: Vec<Job>,
}

/// A node with a run of its own in `OpenLineage`.
#[derive(Clone, Debug)]
pub struct Job {
    /// The unique id of the node.
    pub name: String,
    /// The id of its run.
    pub lineage_run_id: String,
}

impl FailedHook {
    /// Ends the span. dbt's message begins with the name of the hook.
    fn end(mut self, message: &str) {
        let reason = message.split_once("failed, error:");
        let reason = reason.map_or(message, |(_, reason)| reason.trim_start());
        fail(&mut self.span, reason, Outcome::Error);
        self.span.end_with_timestamp(self.end);
    }
}

impl Counts {
    fn add(&mut self, resource_type: &str, outcome: Outcome) {
        if matches!(outcome, Outcome::Skipped | Outcome::Canceled) {
            return;
        }
        match resource_type {
            "model" => self.models += 1,
            "test" | "unit_test" => self.tests += 1,
            _ => {}
        }
        self.failures += u64::from(matches!(outcome, Outcome::Failed | Outcome::Error));
    }
}

/// The outcome of a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Success,
    Warned,
    Failed,
    Error,
    Skipped,
    Canceled,
}

impl Outcome {
    /// The outcome for a status of dbt. An unknown one is an error only if its name contains `error`.
    fn new(status: &str) -> Self {
        match status {
            "warn" => Self::Warned,
            "fail" => Self::Failed,
            "skipped" => Self::Skipped,
            "canceled" => Self::Canceled,
            // A microbatch model some of whose batches failed.
            "partial success" => Self::Error,
            other if other.contains("error") => Self::Error,
            _ => Self::Success,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Success | Self::Warned => "success",
            Self::Failed | Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Canceled => "canceled",
        }
    }

    /// The outcome of a test that ran.
    fn of_test(self) -> Option<&'static str> {
        match self {
            Self::Success => Some("passed"),
            Self::Warned => Some("warned"),
            Self::Failed => Some("failed"),
            Self::Error | Self::Skipped | Self::Canceled => None,
        }
    }
}

/// Adds the phases of a node as events, and returns the end of the last one.
fn add_phases(span: &mut RecordedSpan, result: RunResult<'_>) -> Option<SystemTime> {
    let mut end = None;
    for phase in result.phases() {
        let took = phase.end.duration_since(phase.start).unwrap_or_default();
        span.add_event_with_timestamp(
            format!("dbt.{}", phase.name),
            phase.start,
            vec![KeyValue::new("dbt.duration_seconds", took.as_secs_f64())],
        );
        end = end.max(Some(phase.end));
    }
    end
}

/// Why a node was skipped.
fn skip_reason(outcome: Outcome, result: RunResult<'_>) -> Option<&str> {
    let reason = match result.skip_reason() {
        Some(reason) => reason,
        None if result.message().contains("fail_fast") => "fail_fast",
        None => "upstream",
    };
    (outcome == Outcome::Skipped).then_some(reason)
}

/// Why a node was not built, in the words of its span and of its lineage.
fn error<'a>(
    node: Node<'_>,
    status: &'a str,
    result: RunResult<'a>,
    outcome: Outcome,
) -> Option<&'a str> {
    match outcome {
        Outcome::Success | Outcome::Warned | Outcome::Skipped => None,
        Outcome::Canceled => Some(CANCELED),
        Outcome::Failed | Outcome::Error => Some(match (result.message(), node.resource_type()) {
            ("", "source") => "the source is stale",
            ("", _) => status,
            (message, _) => message,
        }),
    }
}

/// Whether a node is a hook of the project.
fn is_hook(node: Node<'_>) -> bool {
    node.resource_type() == "operation"
}

/// Records an error.
fn fail(span: &mut RecordedSpan, message: &str, outcome: Outcome) {
    let message = without_colours(message);
    let message = sanitize_error_message(&message);
    let error_type = match outcome {
        Outcome::Failed => "test_failed",
        _ => error_type(&message),
    };
    for key in ["error.type", "exception.type"] {
        span.set_attribute(KeyValue::new(key, error_type.to_owned()));
    }
    span.set_attribute(KeyValue::new(
        "exception.message",
        message.clone().into_owned(),
    ));
    span.set_status(Status::error(message.into_owned()));
}

/// The kind of error that dbt's message begins with, for example `Compilation Error`.
fn error_type(message: &str) -> &str {
    let kind = message
        .find(" Error")
        .and_then(|at| message.get(..at + " Error".len()));
    let is_kind = |kind: &&str| {
        kind.len() <= 40
            && kind
                .chars()
                .all(|sign| sign.is_ascii_alphabetic() || sign == ' ')
    };
    kind.filter(is_kind).unwrap_or("error")
}

/// Ends the span of what was not completed.
fn cancel(mut span: RecordedSpan, end: SystemTime, message: &'static str) {
    span.set_attribute(KeyValue::new("error.type", "canceled"));
    span.set_status(Status::error(message));
    span.end_with_timestamp(end);
}

/// Links to the nodes that a node selects from.
fn links(
    manifest: Option<&Manifest>,
    contexts: &HashMap<String, SpanContext>,
    unique_id: &str,
) -> Vec<Link> {
    let parents = manifest.map_or(&[][..], |manifest| manifest.parents(unique_id));
    let link = |parent: &String| {
        let attributes = vec![KeyValue::new("dbt.unique_id", parent.clone())];
        Some(Link::new(contexts.get(parent)?.clone(), attributes, 0))
    };
    parents.iter().filter_map(link).take(MAX_LINKS).collect()
}

/// The attributes of a data quality check.
fn quality(check: &str, data_source: Option<&str>, test_outcome: &str) -> Vec<KeyValue> {
    let check = Quality {
        operation: "check",
        provider: Some("dbt"),
        check_name: Some(check),
        data_source,
        ..Quality::default()
    };
    let passed = test_outcome == "passed";
    let outcome = QualityOutcome {
        pass_count: u64::from(passed),
        fail_count: u64::from(!passed),
        ..QualityOutcome::default()
    };
    let mut attributes = check.to_otel_dict();
    attributes.extend(outcome.to_otel_dict());
    attributes
}

/// The name of an adapter's database in the semantic conventions.
fn system_name(adapter: &str) -> &str {
    match adapter {
        "bigquery" => "gcp.bigquery",
        "oracle" => "oracle.db",
        "postgres" => "postgresql",
        "redshift" => "aws.redshift",
        "fabric" | "sqlserver" | "synapse" => "microsoft.sql_server",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Write as _};
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use floe_telemetry::opentelemetry::Context;
    use serde_json::json;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event as LogEvent, Metadata, Subscriber, subscriber};

    use super::{CommandTrace, Event, FusionRecord, TRACER_NAME};

    /// The messages of all log records.
    #[derive(Clone, Debug, Default)]
    struct Messages(Arc<Mutex<String>>);

    impl Subscriber for Messages {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &LogEvent<'_>) {
            event.record(&mut self.clone());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    impl Visit for Messages {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            if field.name() == "message" {
                writeln!(self.0.lock().unwrap(), "{value:?}").unwrap();
            }
        }
    }

    #[test]
    fn a_line_that_dbt_fusion_writes_into_both_logs_is_recorded_once() {
        let event = json!({
            "info": { "name": "LogMessage", "level": "info", "msg": "in the log of events" },
        });
        let event = Event::parse(event.to_string().as_bytes()).unwrap();
        let record = json!({
            "record_type": "LogRecord",
            "severity_number": 9,
            "body": "in the log of records",
        });
        let (kind, record) = FusionRecord::parse(record.to_string().as_bytes()).unwrap();
        let messages = Messages::default();
        subscriber::with_default(messages.clone(), || {
            let project = Path::new("shop");
            let mut trace = CommandTrace::within(TRACER_NAME, "build", project, Context::new());
            trace.record(kind, &record);
            trace.event(&event);
        });
        assert_eq!(*messages.0.lock().unwrap(), "in the log of records\n");
    }
}

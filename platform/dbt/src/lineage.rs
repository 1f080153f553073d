//! The `OpenLineage` events of a dbt command and of its nodes, with the names that `dbt-ol` gives them.
//!
//! The variables of `OpenLineage`'s own clients select where events go. Without one, there are none.
//!
//! The thread that reads dbt's events sends those of lineage, so it needs no queue: dbt does not wait for that
//! thread.

use std::collections::HashMap;
use std::env;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use floe_plugin::dbt::PartOfRun;
use floe_plugin::lineage::{
    Assertion, CustomFacet, Dataset, Engine, Field, Job, JobType, LineageBackend, Parent, Root,
    RunEvent, RunState,
};
use floe_plugin::{Handle, PluginType, Plugins, Selection};
use floe_plugins::process::foreground::Exit;
use floe_plugins::runs::correlation::{self, LineageParent};
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::opentelemetry::trace::SpanContext;
use floe_telemetry::sanitize_error_message;
use serde_json::{Value, json};

use crate::event::without_colours;
use crate::manifest::{Entry, Manifest};
use crate::node::{Node, Outcome, RunResult};

/// The time limit of a request in seconds.
const TIMEOUT: f64 = 2.0;

/// The number of failures in a row after which no event is sent.
const MAX_FAILURES: u32 = 3;

/// The time for events after the end of dbt.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// The number of nodes whose runs are kept.
const KEPT_NODES: usize = 1000;

/// The ids of a trace and of a span in it.
type Ids = (String, String);

/// The time at which dbt has ended.
pub(crate) type Ended = Arc<OnceLock<Instant>>;

/// The lineage of a command.
#[derive(Debug)]
pub(crate) struct Lineage {
    backends: Vec<Handle<dyn LineageBackend>>,
    /// Stops the backend when it is dropped, if it is the command's own.
    _plugins: Option<Plugins>,
    /// The namespace of jobs.
    namespace: String,
    /// The name of the command's job. Default: `dbt-run-` and the name of the project.
    job: Option<String>,
    profile: Option<String>,
    /// The namespace of data.
    data: String,
    started_by: LineageParent,
    /// Names and values by which the runs are found.
    tags: Vec<(String, String)>,
    run_id: RunId,
    /// Whether spans are exported, or may be at the end.
    pub(crate) is_recorded: bool,
    /// The runs of the nodes that have not finished, with the ids of their spans.
    nodes: HashMap<String, (RunId, Option<Ids>)>,
    /// The runs of the nodes that have finished.
    finished: Vec<(String, RunId)>,
    project: String,
    invocation_id: String,
    version: String,
    failures: u32,
    unsent: u64,
    last_error: String,
    ended: Ended,
}

/// A change in the state of a node.
pub(crate) struct Change<'a> {
    pub(crate) node: &'a Node,
    pub(crate) manifest: Option<&'a Manifest>,
    pub(crate) at: SystemTime,
    pub(crate) span: &'a SpanContext,
}

impl Lineage {
    /// The lineage of a command in the current folder; `None` if no variable selects where it goes.
    ///
    /// # Errors
    /// A variable is not valid, or the backend did not start.
    pub(crate) fn from_environment(
        profile: Option<&str>,
        ended: Ended,
    ) -> Result<Option<Self>, String> {
        let text = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        let Some((name, config)) = selected(text)? else {
            return Ok(None);
        };
        let selection =
            Selection::new(PluginType::LineageBackend, name, config).in_folder(Path::new("."));
        let refused = |error: &dyn std::fmt::Display| format!("lineage: {error}");
        let plugins = Plugins::configure(&[selection]).map_err(|error| refused(&error))?;
        plugins.start().map_err(|error| refused(&error))?;
        let backends: Vec<_> = plugins.all().collect();
        if backends.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            _plugins: Some(plugins),
            namespace: text("OPENLINEAGE_NAMESPACE").unwrap_or_else(|| "dbt".to_owned()),
            job: text("OPENLINEAGE_DBT_JOB_NAME"),
            profile: profile.map(str::to_owned),
            started_by: LineageParent::from_environment(),
            tags: correlation::dagster_run_id()
                .map(|run_id| ("dagster_run_id".to_owned(), run_id))
                .into_iter()
                .collect(),
            ..Self::new(backends, ended)
        }))
    }

    /// The lineage of a command that is a part of a run.
    pub(crate) fn in_run(run: &PartOfRun<'_>, ended: Ended) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            namespace: run.namespace.to_owned(),
            data: run.data_namespace.to_owned(),
            started_by: LineageParent::new(run.parent),
            tags: run.tags.iter().map(owned).collect(),
            ..Self::new(run.backends.to_vec(), ended)
        }
    }

    fn new(backends: Vec<Handle<dyn LineageBackend>>, ended: Ended) -> Self {
        Self {
            backends,
            _plugins: None,
            namespace: String::new(),
            job: None,
            profile: None,
            data: String::new(),
            started_by: LineageParent::default(),
            tags: Vec::new(),
            run_id: RunId::new(),
            is_recorded: false,
            nodes: HashMap::new(),
            finished: Vec::new(),
            project: String::new(),
            invocation_id: String::new(),
            version: String::new(),
            failures: 0,
            unsent: 0,
            last_error: String::new(),
            ended,
        }
    }

    /// The id of the command's run.
    pub(crate) fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// The id of the run of a node that has not finished, or else of the command.
    pub(crate) fn run_of(&self, unique_id: Option<&str>) -> &RunId {
        let node = unique_id.and_then(|id| self.nodes.get(id));
        node.map_or(&self.run_id, |(run_id, _)| run_id)
    }

    /// Whether the namespace of the data is missing.
    pub(crate) fn needs_data(&self) -> bool {
        self.data.is_empty()
    }

    /// Sets the namespace of the data.
    pub(crate) fn set_data(&mut self, namespace: String) {
        self.data = namespace;
    }

    /// The command began.
    pub(crate) fn start(
        &mut self,
        (version, invocation_id): (&str, &str),
        project: Option<&str>,
        at: SystemTime,
        span: &SpanContext,
    ) {
        // Several invocations of dbt in one command are one run.
        invocation_id.clone_into(&mut self.invocation_id);
        if !self.version.is_empty() {
            return;
        }
        version.clone_into(&mut self.version);
        project.unwrap_or_default().clone_into(&mut self.project);
        let project = &self.project;
        self.job.get_or_insert_with(|| format!("dbt-run-{project}"));
        self.command(RunState::Start, at, span, None);
    }

    /// Ends the runs of the nodes that dbt has not ended.
    pub(crate) fn abort_nodes(&mut self, at: SystemTime) {
        for (unique_id, (run_id, ids)) in std::mem::take(&mut self.nodes) {
            let event = RunEvent {
                error: Some(NOT_ENDED),
                job_type: job_type(&unique_id),
                trace: borrowed(ids.as_ref()),
                ..self.event(RunState::Abort, at, run_id.as_str(), &unique_id)
            };
            let sent = self.send(&event);
            self.count(sent);
        }
    }

    /// The command ended.
    pub(crate) fn end(
        &mut self,
        exit: Exit,
        error: Option<&str>,
        at: SystemTime,
        span: &SpanContext,
    ) {
        // Without a start, dbt itself did not run.
        if self.version.is_empty() {
            return;
        }
        let state = match exit {
            Exit::Code(0) => RunState::Complete,
            Exit::Code(_) => RunState::Fail,
            Exit::Signal(_) => RunState::Abort,
        };
        self.command(state, at, span, error);
    }

    /// The ids of a span that is recorded.
    fn ids(&self, span: &SpanContext) -> Option<Ids> {
        let is_recorded = span.is_valid() && self.is_recorded;
        is_recorded.then(|| (span.trace_id().to_string(), span.span_id().to_string()))
    }

    fn command(
        &mut self,
        state: RunState,
        at: SystemTime,
        span: &SpanContext,
        error: Option<&str>,
    ) {
        let ids = self.ids(span);
        let run_id = self.run_id.clone();
        let job = self.job.clone().unwrap_or_default();
        let event = RunEvent {
            error,
            job_type: Some(JobType { integration: "DBT", job_type: "JOB" }),
            parent: self.started_by.parent(),
            trace: borrowed(ids.as_ref()),
            ..self.event(state, at, run_id.as_str(), &job)
        };
        let sent = self.send(&event);
        self.count(sent);
    }

    /// A node began. Returns the id of its run.
    pub(crate) fn node_started(&mut self, change: &Change<'_>) -> RunId {
        let id = &change.node.unique_id;
        let run_id = RunId::new();
        let sent = self.node(change, RunState::Start, &run_id, None, None);
        self.count(sent);
        let entry = (run_id.clone(), self.ids(change.span));
        self.nodes.insert(id.clone(), entry);
        run_id
    }

    /// A node finished.
    pub(crate) fn node_finished(&mut self, change: &Change<'_>, result: &RunResult) {
        let Some((run_id, _)) = self.nodes.remove(&change.node.unique_id) else {
            return;
        };
        let state = match result.outcome() {
            Outcome::Skipped | Outcome::Canceled => RunState::Abort,
            Outcome::Failed | Outcome::Error => RunState::Fail,
            Outcome::Success | Outcome::Warned => RunState::Complete,
        };
        let error = result.error(change.node).map(without_colours);
        let error = error.as_deref().map(sanitize_error_message);
        let sent = self.node(change, state, &run_id, Some(result), error.as_deref());
        self.count(sent);
        if self.finished.len() < KEPT_NODES {
            let id = change.node.unique_id.clone();
            self.finished.push((id, run_id));
        }
    }

    /// The runs of the nodes that have finished.
    pub(crate) fn finished(&self) -> impl Iterator<Item = (&str, &RunId)> {
        self.finished.iter().map(|(id, run_id)| (id.as_str(), run_id))
    }

    fn node(
        &self,
        change: &Change<'_>,
        state: RunState,
        run_id: &RunId,
        result: Option<&RunResult>,
        error: Option<&str>,
    ) -> Result<bool, String> {
        let id = &change.node.unique_id;
        let entry = change.manifest.and_then(|manifest| manifest.entry(id));
        let parents = change.manifest.map_or(&[][..], |manifest| manifest.parents(id));
        let is_test = change.node.resource_type.ends_with("test");
        let assertion = result.filter(|_| is_test).map(|result| Assertion {
            assertion: entry.and_then(Entry::test).unwrap_or(&change.node.name),
            name: Some(&change.node.name),
            success: result.status == "pass",
            column: entry.and_then(Entry::column),
            severity: entry.and_then(Entry::severity),
            actual: result.failures,
        });
        let entries = parents.iter().filter_map(|parent| {
            let entry = change.manifest?.entry(parent)?;
            Some((parent, entry, Entry::dataset_name(entry)?))
        });
        let entries: Vec<_> = entries.collect();
        let checked = entry.and_then(Entry::attached_node);
        let inputs = entries.iter().map(|(parent, entry, name)| Dataset {
            assertions: assertion
                .filter(|_| checked.is_none_or(|checked| checked == *parent))
                .into_iter()
                .collect(),
            ..self.dataset(entry, name)
        });
        let own = entry.filter(|_| !is_test);
        let own = own.and_then(|entry| Some((entry, Entry::dataset_name(entry)?)));
        let outputs = own.iter().map(|(entry, name)| Dataset {
            rows: result
                .filter(|_| state == RunState::Complete)
                .and_then(|result| result.rows_affected),
            ..self.dataset(entry, name)
        });
        let ids = self.ids(change.span);
        self.send(&RunEvent {
            error,
            job_type: job_type(id),
            trace: borrowed(ids.as_ref()),
            job_facets: entry.map(|entry| node_facet(id, entry)).into_iter().collect(),
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            ..self.event(state, change.at, run_id.as_str(), id)
        })
    }

    fn dataset<'a>(&'a self, entry: &'a Entry, name: &'a str) -> Dataset<'a> {
        let columns =
            entry.columns().map(|(name, kind, description)| Field { name, kind, description });
        Dataset { namespace: &self.data, name, columns: columns.collect(), ..Dataset::default() }
    }

    /// An event with what all events of the command have.
    fn event<'a>(
        &'a self,
        state: RunState,
        at: SystemTime,
        run_id: &'a str,
        name: &'a str,
    ) -> RunEvent<'a> {
        let command =
            Job { namespace: &self.namespace, name: self.job.as_deref().unwrap_or_default() };
        let own = Root { run_id: self.run_id.as_str(), job: command };
        let mut run = json!({
            "invocation_id": self.invocation_id,
            "project_name": self.project,
            "dbt_runtime": "core",
        });
        if let Some(profile) = &self.profile {
            run["profile_name"] = profile.as_str().into();
        }
        let job = Job { namespace: &self.namespace, name };
        let tags = self.tags.iter();
        let tags = tags.map(|(name, value)| (name.as_str(), value.as_str()));
        RunEvent {
            parent: Some(Parent { run_id: own.run_id, job: own.job, root: self.started_by.root() }),
            tags: [("dbt_invocation_id", self.invocation_id.as_str())]
                .into_iter()
                .chain(tags)
                .collect(),
            engine: Some(Engine { name: "dbt", version: &self.version }),
            run_facets: vec![CustomFacet { name: "dbt_run", schema_url: DBT_RUN, fields: run }],
            ..RunEvent::new(state, at, run_id, job)
        }
    }

    /// Sends an event, unless the backend has failed too often. Returns whether it was sent.
    fn send(&self, event: &RunEvent<'_>) -> Result<bool, String> {
        let is_over = self.ended.get().is_some_and(|at| at.elapsed() > END_TIMEOUT);
        if self.failures >= MAX_FAILURES || is_over {
            return Ok(false);
        }
        let mut sent = Ok(true);
        for backend in &self.backends {
            let emitted = backend.emit_event(event);
            sent = sent.and(emitted.map(|()| true).map_err(|error| error.to_string()));
        }
        sent
    }

    fn count(&mut self, sent: Result<bool, String>) {
        match sent {
            Ok(true) => {
                self.failures = 0;
                return;
            }
            Ok(false) => {}
            Err(error) => {
                self.failures += 1;
                self.last_error = error;
            }
        }
        self.unsent += 1;
    }

    /// What was not sent, and why.
    pub(crate) fn warning(&self) -> Option<String> {
        (self.unsent > 0)
            .then(|| format!("{} lineage events were not sent: {}", self.unsent, self.last_error))
    }
}

/// The error of a node that dbt has not ended.
pub(crate) const NOT_ENDED: &str = "dbt ended before the node did";

const DBT_RUN: &str = "https://github.com/OpenLineage/OpenLineage/tree/main/integration/common/openlineage/schema/dbt-run-run-facet.json";
const DBT_NODE: &str = "https://github.com/OpenLineage/OpenLineage/tree/main/integration/common/openlineage/schema/dbt-node-job-facet.json";

fn node_facet(unique_id: &str, entry: &Entry) -> CustomFacet<'static> {
    let mut fields = json!({ "unique_id": unique_id });
    let texts = [
        ("original_file_path", entry.original_file_path.as_deref()),
        ("database", entry.database.as_deref()),
        ("schema", entry.schema.as_deref()),
        ("alias", entry.alias.as_deref()),
        ("test_type", entry.test_type(unique_id)),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            fields[key] = text.into();
        }
    }
    CustomFacet { name: "dbt_node", schema_url: DBT_NODE, fields }
}

/// Whether a node has a run of its own: hooks and the freshness of sources have none.
pub(crate) fn has_run(unique_id: &str) -> bool {
    job_type(unique_id).is_some()
}

/// `MODEL` for `model.shop.orders`.
fn job_type(unique_id: &str) -> Option<JobType<'static>> {
    let job_type = match unique_id.split('.').next()? {
        "model" => "MODEL",
        "seed" => "SEED",
        "snapshot" => "SNAPSHOT",
        "test" | "unit_test" => "TEST",
        _ => return None,
    };
    Some(JobType { integration: "DBT", job_type })
}

fn borrowed(ids: Option<&Ids>) -> Option<(&str, &str)> {
    ids.map(|(trace, span)| (&**trace, &**span))
}

/// The plugin that the variables of `OpenLineage`'s clients select, and its configuration.
fn selected(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<(&'static str, Value)>, String> {
    let is_disabled = variable("OPENLINEAGE_DISABLED");
    if is_disabled.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let http = |url: Option<String>| {
        let Some(url) = url else {
            return Err("lineage: `OPENLINEAGE__TRANSPORT__URL` is missing".to_owned());
        };
        let mut config = json!({ "url": url, "timeout": TIMEOUT });
        if variable("OPENLINEAGE_API_KEY").is_some() {
            config["authorization"] = json!({ "bearer": "${env:OPENLINEAGE_API_KEY}" });
        }
        Ok(Some(("marquez", config)))
    };
    match variable("OPENLINEAGE__TRANSPORT__TYPE").as_deref() {
        None => match variable("OPENLINEAGE_URL") {
            Some(url) => http(Some(url)),
            None => Ok(None),
        },
        Some("http") => {
            http(variable("OPENLINEAGE__TRANSPORT__URL").or_else(|| variable("OPENLINEAGE_URL")))
        }
        Some("file") => match variable("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH") {
            Some(path) => Ok(Some(("file", json!({ "path": path })))),
            None => Err("lineage: `OPENLINEAGE__TRANSPORT__LOG_FILE_PATH` is missing".to_owned()),
        },
        Some("console") => Ok(Some(("console", json!({})))),
        Some(other) => {
            Err(format!("lineage: expected http, file, console, found the transport `{other}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::selected;

    #[test]
    fn the_variables_of_openlineage_select_the_transport() {
        let of = |variables: &[(&str, &str)]| {
            selected(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let url = ("OPENLINEAGE_URL", "http://marquez:5000");
        let kind = |kind| ("OPENLINEAGE__TRANSPORT__TYPE", kind);
        let http = json!({ "url": "http://marquez:5000", "timeout": 2.0 });
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[url, ("OPENLINEAGE_DISABLED", "True")]), Ok(None));
        assert_eq!(of(&[url]), Ok(Some(("marquez", http.clone()))));
        assert_eq!(of(&[url, kind("http")]), Ok(Some(("marquez", http))));
        let with_key = of(&[url, ("OPENLINEAGE_API_KEY", "hunter2")]).unwrap().unwrap().1;
        assert_eq!(with_key["authorization"]["bearer"], "${env:OPENLINEAGE_API_KEY}");
        let path = ("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", "events.jsonl");
        let file = json!({ "path": "events.jsonl" });
        assert_eq!(of(&[kind("file"), path]), Ok(Some(("file", file))));
        assert!(of(&[kind("file")]).is_err());
        assert!(of(&[kind("http")]).is_err());
        assert_eq!(
            of(&[kind("kafka")]).unwrap_err(),
            "lineage: expected http, file, console, found the transport `kafka`"
        );
    }
}

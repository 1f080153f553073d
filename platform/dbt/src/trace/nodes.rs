//! The spans of the nodes of a dbt command.

use std::collections::HashMap;
use std::time::SystemTime;

use floe_plugin::Operation as _;
use floe_plugin::dbt::{Node as NodeAttributes, NodeOutcome, Selection};
use floe_plugin::quality::{Quality, QualityOutcome};
use floe_telemetry::metrics::Metric;
use floe_telemetry::opentelemetry::trace::{
    Link, Span as _, SpanContext, Status, TraceContextExt as _, Tracer as _,
};
use floe_telemetry::opentelemetry::{Context, KeyValue};
use floe_telemetry::trace::{RecordedSpan, RecorderTracer};
use floe_telemetry::{FloeAttributes as _, MetricRecorder, sanitize_error_message};

use super::assets;
use super::database::Database;
use super::failure::{cancel, fail};
use crate::manifest::Manifest;
use crate::node::{NOT_ENDED, Node, RunResult, Words};
use crate::outcome::Outcome;

const MAX_LINKS: usize = 128;

/// The maximum number of simultaneously open nodes. dbt runs one node on each thread.
const MAX_OPEN: usize = 10_000;

/// The maximum number of nodes kept as link targets.
const MAX_NODES: usize = 1_000_000;

static METRICS: MetricRecorder =
    MetricRecorder::new("floe.dbt").with_version(env!("CARGO_PKG_VERSION"));

const NODES: Metric<'_> = Metric::new("floe.dbt.nodes")
    .with_unit("{node}")
    .with_description("Nodes that dbt has run or skipped, by type and outcome.");

/// Counts a node by its outcome. Adds zero for the other outcomes, so that their series do not keep an earlier run's
/// count.
fn count_node(resource_type: &str, outcome: Outcome) {
    let status = match outcome {
        Outcome::Success | Outcome::Warned => "success",
        Outcome::Skipped => "skipped",
        Outcome::Unchanged { .. } => "unchanged",
        Outcome::Failed | Outcome::Error => "failed",
    };
    for name in ["success", "failed", "skipped", "unchanged"] {
        let labels = [
            KeyValue::new("floe.dbt.resource_type", resource_type.to_owned()),
            KeyValue::new("floe.dbt.status", name),
        ];
        METRICS.increment(NODES, u64::from(name == status), &labels);
    }
}

#[derive(Debug, Default)]
pub(super) struct Nodes {
    /// The open nodes by unique id. A model that is built in batches is open together with its batch.
    open: HashMap<String, Vec<OpenNode>>,
    /// The spans of all nodes so far, for links.
    contexts: HashMap<String, SpanContext>,
    /// The spans of the assets, by the unique id of their node.
    assets: HashMap<String, SpanContext>,
    pub(super) counts: Counts,
}

/// The data of the command that the spans of its nodes need.
pub(super) struct Surroundings<'a> {
    pub(super) tracer: &'a RecorderTracer,
    pub(super) root: &'a Context,
    pub(super) manifest: Option<&'a Manifest>,
    pub(super) database: &'a Database,
    pub(super) words: Words,
    pub(super) selection: &'a Selection,
}

#[derive(Debug)]
struct OpenNode {
    started: String,
    span: RecordedSpan,
    asset: Option<RecordedSpan>,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) models: u64,
    pub(super) tests: u64,
    pub(super) failures: u64,
}

impl Nodes {
    /// Returns the span for a log record about a node: the batch's span, or else the node's.
    pub(super) fn current(&self, unique_id: &str, started: &str) -> Option<&SpanContext> {
        let open = self.open.get(unique_id).and_then(|nodes| {
            let exact = nodes.iter().find(|it| it.started == started);
            Some(exact.or(nodes.last())?.span.span_context())
        });
        open.or_else(|| self.contexts.get(unique_id))
    }

    /// Returns the span of a node's asset, or else of the node.
    pub(super) fn context(&self, unique_id: &str) -> Option<&SpanContext> {
        self.assets.get(unique_id).or_else(|| self.contexts.get(unique_id))
    }

    /// Starts the span of a node, or of a batch below its model.
    pub(super) fn start(&mut self, node: &Node, at: Option<SystemTime>, around: &Surroundings<'_>) {
        if self.open.len() >= MAX_OPEN {
            return;
        }
        let id = &node.unique_id;
        let start = node.start.or(at);
        let file = around.manifest.and_then(|manifest| manifest.file(id));
        let attributes = NodeAttributes {
            resource_type: &node.resource_type,
            name: &node.name,
            schema: node.schema.as_deref(),
            node_type: Some(&node.resource_type),
            unique_id: Some(id),
            database: node.database.as_deref(),
            identifier: node.alias.as_deref(),
            relation: node.relation.as_deref(),
            relative_path: file.or(node.path.as_deref()),
            node_checksum: node.checksum.as_deref(),
        };
        let mut all = attributes.to_otel_dict();
        all.extend(around.database.attributes(node));
        all.extend(thread_name(node.thread.as_ref()));
        let nodes = self.open.entry(id.clone()).or_default();
        let mut asset = None;
        let (name, parent, links) = match nodes.first() {
            None => {
                let of_assets = links(around.manifest, &self.assets, id);
                asset = assets::start(id, around.selection, around.root, start, of_assets);
                let mut parent = around.root.clone();
                if let Some(asset) = &asset {
                    let context = asset.span_context();
                    parent = parent.with_remote_span_context(context.clone());
                    self.assets.insert(id.clone(), context.clone());
                }
                (attributes.span_name(), parent, links(around.manifest, &self.contexts, id))
            }
            Some(model) => {
                let model = model.span.span_context().clone();
                let name = format!("dbt.batch.{}", node.name);
                (name, around.root.with_remote_span_context(model), Vec::new())
            }
        };
        let mut builder = around.tracer.span_builder(name).with_attributes(all).with_links(links);
        builder.start_time = start;
        let span = builder.start_with_context(around.tracer, &parent);
        if nodes.is_empty() && self.contexts.len() < MAX_NODES {
            self.contexts.insert(id.clone(), span.span_context().clone());
        }
        nodes.push(OpenNode { started: node.started.clone(), span, asset });
    }

    /// Ends the span of a node or of a batch, and returns whether the span of a node ended.
    pub(super) fn finish(
        &mut self,
        node: &Node,
        result: &RunResult,
        at: Option<SystemTime>,
        around: &Surroundings<'_>,
    ) -> bool {
        let id = &node.unique_id;
        let outcome = result.outcome();
        if outcome == Outcome::Skipped && !self.open.contains_key(id) {
            // dbt reports no start of a hook that it skips after a failed hook.
            self.start(node, at, around);
        }
        let Some((OpenNode { mut span, asset, .. }, is_batch)) = self.close(node) else {
            return false;
        };
        let words = around.words;
        let is_without_work = result.is_without_work(node, words);
        if !is_batch && outcome.is_failed() {
            self.counts.failures += 1;
        }
        if !is_batch && !is_without_work {
            self.counts.add(&node.resource_type);
        }
        if !is_batch && (!is_without_work || outcome != Outcome::Success) {
            count_node(&node.resource_type, outcome);
        }
        let test_outcome = result.of_test(node, words);
        let message = result.adapter_message.as_deref();
        span.set_attributes(
            NodeOutcome {
                status: &result.status,
                node_outcome: if test_outcome.is_some() { "success" } else { outcome.as_str() },
                test_outcome,
                materialization: node.materialization.as_deref().filter(|_| !is_without_work),
                failing_rows: result.failures.filter(|_| test_outcome.is_some()),
                node_skip_reason: result.skip_reason(),
                rows_affected: result.rows_affected,
                adapter_code: result.adapter_code.as_deref(),
                adapter_message: message.map(sanitize_error_message).as_deref(),
                query_id: result.query_id.as_deref(),
                execution_time_seconds: result.execution_time,
            }
            .to_otel_dict(),
        );
        span.set_attributes(thread_name(result.thread.as_ref()));
        if let Some(test_outcome) = test_outcome {
            let checked = around.manifest.and_then(|manifest| manifest.checked(id));
            span.set_attributes(quality(&node.name, checked, test_outcome));
        }
        let end =
            node.end.or(at).max(add_phases(&mut span, result)).unwrap_or_else(SystemTime::now);
        let message_of_error = result.error(node).unwrap_or_default();
        match outcome {
            Outcome::Success | Outcome::Warned => span.set_status(Status::Ok),
            Outcome::Skipped | Outcome::Unchanged { .. } => {}
            Outcome::Failed | Outcome::Error => {
                fail(&mut span, message_of_error, outcome);
            }
        }
        span.end_with_timestamp(end);
        if let Some(asset) = asset {
            assets::end(asset, Some(outcome), &sanitize_error_message(message_of_error), end);
        }
        !is_batch
    }

    /// Removes the open span of a node or of a batch, and returns it and whether it is a batch.
    fn close(&mut self, node: &Node) -> Option<(OpenNode, bool)> {
        let nodes = self.open.get_mut(&node.unique_id)?;
        let last = nodes.len().checked_sub(1)?;
        let found = nodes.iter().position(|it| it.started == node.started);
        let at = found.unwrap_or(last);
        let closed = nodes.remove(at);
        if nodes.is_empty() {
            self.open.remove(&node.unique_id);
        }
        Some((closed, at > 0))
    }

    pub(super) fn cancel(&mut self, end: SystemTime) {
        let outcome =
            NodeOutcome { status: "canceled", node_outcome: "canceled", ..NodeOutcome::default() };
        // The batches of a model are ended before the model.
        let open = self.open.drain();
        for mut node in open.flat_map(|(_, nodes)| nodes.into_iter().rev()) {
            node.span.set_attributes(outcome.to_otel_dict());
            cancel(node.span, end, NOT_ENDED);
            if let Some(asset) = node.asset {
                assets::end(asset, None, NOT_ENDED, end);
            }
        }
    }
}

impl Counts {
    fn add(&mut self, resource_type: &str) {
        match resource_type {
            "model" => self.models += 1,
            "test" | "unit_test" => self.tests += 1,
            _ => {}
        }
    }
}

fn thread_name(thread: Option<&String>) -> Option<KeyValue> {
    thread.map(|thread| KeyValue::new("thread.name", thread.clone()))
}

/// Adds the phases of a node as events, and returns the end of the last one.
fn add_phases(span: &mut RecordedSpan, result: &RunResult) -> Option<SystemTime> {
    for phase in &result.phases {
        let took = phase.end.duration_since(phase.start).unwrap_or_default();
        span.add_event_with_timestamp(
            format!("dbt.{}", phase.name),
            phase.start,
            vec![KeyValue::new("dbt.duration_seconds", took.as_secs_f64())],
        );
    }
    result.phases.iter().map(|phase| phase.end).max()
}

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

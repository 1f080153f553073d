//! dbt's structured log: one JSON object per line, with `info` about the line and `data` about the event.
//!
//! Every field is optional here, because the names and types of fields differ between versions of dbt.

use std::time::SystemTime;

use serde_json::Value;

use crate::node::{Node, Phase, RunResult};
use crate::run_results::timestamp;

#[derive(Debug)]
pub(crate) struct Event {
    line: Value,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "only one event exists at a time")]
pub(crate) enum Kind<'a> {
    /// The version of dbt, which is in the first event of an invocation.
    Version(&'a str),
    /// The command line of an invocation, and whether it has `--empty`, if the command knows the option.
    Arguments {
        command: &'a str,
        is_empty: Option<bool>,
    },
    Adapter(&'a str),
    Target(&'a str),
    /// A file was written, for example the manifest.
    Artifact {
        kind: &'a str,
        path: &'a str,
    },
    /// A node, a batch of a node, or a hook of the project began.
    NodeStarted(Node),
    /// A node, a batch of a node, or a hook of the project ended.
    NodeFinished(Node, RunResult),
    /// The command failed, but not because of a node.
    Failed(&'a str),
    Other,
}

impl Event {
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let line: Value = serde_json::from_slice(line).ok()?;
        line.get("info")?.is_object().then_some(Self { line })
    }

    fn info(&self, key: &str) -> &str {
        self.line.get("info").map_or("", |info| text(info, key))
    }

    pub(crate) fn name(&self) -> &str {
        self.info("name")
    }

    pub(crate) fn code(&self) -> &str {
        self.info("code")
    }

    /// Returns `debug`, `info`, `warn` or `error`.
    pub(crate) fn level(&self) -> &str {
        self.info("level")
    }

    pub(crate) fn thread(&self) -> &str {
        self.info("thread")
    }

    pub(crate) fn invocation_id(&self) -> &str {
        self.info("invocation_id")
    }

    /// Returns the message, which may contain colours.
    pub(crate) fn message(&self) -> &str {
        self.info("msg")
    }

    /// Returns the time of the event, as dbt writes it.
    pub(crate) fn timestamp(&self) -> &str {
        self.info("ts")
    }

    pub(crate) fn time(&self) -> Option<SystemTime> {
        timestamp(self.timestamp())
    }

    /// Returns the unique id and the start of the node that the event is about.
    pub(crate) fn node_key(&self) -> Option<(&str, &str)> {
        let info = self.node_info()?;
        Some((text(info, "unique_id"), text(info, "node_started_at")))
    }

    fn node_info(&self) -> Option<&Value> {
        let info = self.line.get("data")?.get("node_info")?;
        filled(info, "unique_id").map(|_| info)
    }

    pub(crate) fn kind(&self) -> Kind<'_> {
        let data = self.line.get("data").unwrap_or(&Value::Null);
        match (self.name(), self.node_info()) {
            ("NodeStart" | "LogHookStartLine", Some(info)) => Kind::NodeStarted(self.node(info)),
            ("NodeFinished" | "LogHookEndLine", Some(info)) => {
                Kind::NodeFinished(self.node(info), result(data, info))
            }
            ("MainReportVersion", _) => {
                Kind::Version(text(data, "version").trim_start_matches('='))
            }
            ("MainReportArgs", _) => {
                let arguments = data.get("args").unwrap_or(&Value::Null);
                let empty = text(arguments, "empty");
                Kind::Arguments {
                    command: text(arguments, "invocation_command"),
                    is_empty: matches!(empty, "True" | "False").then_some(empty == "True"),
                }
            }
            ("AdapterRegistered", _) => Kind::Adapter(text(data, "adapter_name")),
            ("ConcurrencyLine", _) => Kind::Target(text(data, "target_name")),
            ("ArtifactWritten", _) => Kind::Artifact {
                kind: text(data, "artifact_type"),
                path: text(data, "artifact_path"),
            },
            ("MainEncounteredError", _) => Kind::Failed(text(data, "exc")),
            _ => Kind::Other,
        }
    }

    fn node(&self, info: &Value) -> Node {
        let relation = info.get("node_relation").unwrap_or(&Value::Null);
        let started = text(info, "node_started_at");
        Node {
            unique_id: text(info, "unique_id").to_owned(),
            name: text(info, "node_name").to_owned(),
            resource_type: text(info, "resource_type").to_owned(),
            materialization: owned(info, "materialized"),
            path: owned(info, "node_path"),
            checksum: owned(info, "node_checksum"),
            database: owned(relation, "database"),
            schema: owned(relation, "schema"),
            alias: owned(relation, "alias"),
            relation: owned(relation, "relation_name"),
            thread: Some(self.thread().to_owned()).filter(|thread| !thread.is_empty()),
            started: started.to_owned(),
            start: timestamp(started),
            end: timestamp(text(info, "node_finished_at")),
        }
    }
}

fn result(data: &Value, node: &Value) -> RunResult {
    let result = data.get("run_result").unwrap_or(&Value::Null);
    let adapter = result.get("adapter_response").unwrap_or(&Value::Null);
    let timing = result.get("timing_info").and_then(Value::as_array);
    let phase = |phase: &Value| {
        Some(Phase {
            name: owned(phase, "name")?,
            start: timestamp(text(phase, "started_at"))?,
            end: timestamp(text(phase, "completed_at"))?,
        })
    };
    let status = filled(result, "status").or_else(|| filled(data, "status"));
    let message = filled(result, "message").unwrap_or_else(|| text(data, "statement"));
    let time = |value: &Value| value.get("execution_time").and_then(Value::as_f64);
    RunResult {
        status: status.unwrap_or_else(|| text(node, "node_status")).to_owned(),
        message: message.to_owned(),
        failures: read_count(result.get("num_failures")),
        execution_time: time(result).or_else(|| time(data)),
        thread: owned(result, "thread"),
        rows_affected: read_count(adapter.get("rows_affected")),
        adapter_code: owned(adapter, "code"),
        adapter_message: owned(adapter, "_message"),
        query_id: owned(adapter, "query_id"),
        phases: timing.into_iter().flatten().filter_map(phase).collect(),
    }
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn filled<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    Some(text(value, key)).filter(|text| !text.is_empty())
}

fn owned(value: &Value, key: &str) -> Option<String> {
    filled(value, key).map(str::to_owned)
}

/// Reads a number that is not negative. dbt writes some of these numbers as floating-point numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is not negative, and dbt's floating-point numbers are not exact beyond 2^53 either"
)]
fn read_count(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    let float = || value.as_f64().filter(|number| *number >= 0.0);
    value.as_u64().or_else(|| Some(float()? as u64))
}

//! The OpenTelemetry lines of dbt Fusion, which it writes with `--otel-file-name`: a JSON object for each start
//! of a span, end of a span, and log record.

use std::time::SystemTime;

use floe_telemetry::opentelemetry::{KeyValue, Value as AttributeValue};
use serde_json::Value;

use crate::event::{filled, text, timestamp};
use crate::manifest::Manifest;
use crate::node::{Node, Relation, RunResult};

/// The nesting of attributes. Fusion has two levels.
const MAX_DEPTH: usize = 4;

/// Attributes that may contain literals of the user's queries and variables.
const PRIVATE: [&str; 3] = ["sql", "eval_args", "raw_command"];

/// The prefixes of the names of enumerations.
const ENUMERATIONS: [&str; 12] = [
    "ARTIFACT_TYPE_",
    "EXECUTION_PHASE_",
    "NODE_CACHE_REASON_",
    "NODE_CANCEL_REASON_",
    "NODE_ERROR_TYPE_",
    "NODE_MATERIALIZATION_",
    "NODE_OUTCOME_",
    "NODE_SKIP_REASON_",
    "NODE_TYPE_",
    "QUERY_OUTCOME_",
    "SOURCE_FRESHNESS_OUTCOME_OUTCOME_",
    "TEST_OUTCOME_",
];

/// The code of the status of a span that is an error.
pub(crate) const ERROR: i64 = 2;

/// A line.
#[derive(Debug)]
pub(crate) struct Record {
    line: Value,
}

/// The type of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RecordType {
    SpanStart,
    SpanEnd,
    Log,
}

impl Record {
    /// Parses a line. There is no record in a line that is not a JSON object with a known `record_type`.
    pub(crate) fn parse(line: &[u8]) -> Option<(RecordType, Self)> {
        let line: Value = serde_json::from_slice(line).ok()?;
        let kind = match text(&line, "record_type") {
            "SpanStart" => RecordType::SpanStart,
            "SpanEnd" => RecordType::SpanEnd,
            "LogRecord" => RecordType::Log,
            _ => return None,
        };
        Some((kind, Self { line }))
    }

    pub(crate) fn span_id(&self) -> &str {
        text(&self.line, "span_id")
    }

    pub(crate) fn parent_span_id(&self) -> Option<&str> {
        filled(&self.line, "parent_span_id")
    }

    /// The last part of the type, for example `NodeProcessed`.
    pub(crate) fn event_type(&self) -> &str {
        let event_type = text(&self.line, "event_type");
        event_type.rsplit('.').next().unwrap_or_default()
    }

    /// The version of dbt that writes the record.
    pub(crate) fn version(&self) -> Option<&str> {
        filled(self.line.get("attributes")?.get("process_info")?, "version")
    }

    pub(crate) fn span_name(&self) -> &str {
        text(&self.line, "span_name")
    }

    pub(crate) fn body(&self) -> &str {
        text(&self.line, "body")
    }

    pub(crate) fn severity_number(&self) -> i64 {
        let number = self.line.get("severity_number").and_then(Value::as_i64);
        number.unwrap_or_default()
    }

    pub(crate) fn start(&self) -> Option<SystemTime> {
        self.time("start_time_unix_nano")
    }

    pub(crate) fn end(&self) -> Option<SystemTime> {
        self.time("end_time_unix_nano")
    }

    fn time(&self, key: &str) -> Option<SystemTime> {
        timestamp(text(&self.line, key))
    }

    /// A node and its result; `None` for a record of anything else. At the start of a node there is no result yet.
    pub(crate) fn node(&self, manifest: Option<&Manifest>) -> Option<(Node, RunResult)> {
        if self.event_type() != "NodeProcessed" {
            return None;
        }
        let unique_id = self.attribute("unique_id")?;
        let text_of =
            |key: &str| Some(enumerated(self.value(key)?.as_str()?)).filter(|it| !it.is_empty());
        let number = |key: &str| {
            let value = self.value(key)?;
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        };
        let (code, message) = self.status().unwrap_or_default();
        let outcomes = ["test_outcome", "node_outcome"].map(text_of);
        let status = match outcomes.each_ref().map(Option::as_deref) {
            [Some("passed"), _] => "pass",
            [Some("warned"), _] => "warn",
            [Some("failed"), _] => "fail",
            [_, Some(outcome @ ("canceled" | "skipped"))] => outcome,
            _ if code == ERROR => "error",
            [_, outcome] => outcome.unwrap_or("success"),
        };
        let result = RunResult {
            status: status.to_owned(),
            message: message.to_owned(),
            skip_reason: text_of("node_skip_reason"),
            failures: number("failing_rows"),
            rows_affected: number("rows_affected"),
            ..RunResult::default()
        };
        let entry = manifest.and_then(|manifest| manifest.entry(&unique_id));
        let node = Node {
            unique_id,
            name: text_of("name").unwrap_or_default(),
            resource_type: text_of("node_type").unwrap_or_default(),
            materialization: text_of("materialization"),
            path: text_of("relative_path"),
            relation: Relation {
                database: text_of("database"),
                schema: text_of("schema"),
                alias: text_of("identifier"),
                name: entry.and_then(|entry| entry.relation_name.clone()),
            },
            started: text(&self.line, "start_time_unix_nano").to_owned(),
            start: self.start(),
            end: self.end(),
            ..Node::default()
        };
        Some((node, result))
    }

    /// The attribute of this name, at any level.
    fn value(&self, key: &str) -> Option<&Value> {
        find(self.line.get("attributes")?, key, MAX_DEPTH)
    }

    /// The status: 1 is OK, [`ERROR`] an error.
    pub(crate) fn status(&self) -> Option<(i64, &str)> {
        let status = self.line.get("status")?;
        Some((status.get("code")?.as_i64()?, text(status, "message")))
    }

    /// An attribute that is a text, without the prefix of its enumeration and in lower case if it has one.
    pub(crate) fn attribute(&self, key: &str) -> Option<String> {
        filled(self.line.get("attributes")?, key).map(enumerated)
    }

    /// All attributes that are single values, under `dbt.` and their names.
    pub(crate) fn attributes(&self) -> Vec<KeyValue> {
        let mut found = Vec::new();
        if let Some(attributes) = self.line.get("attributes") {
            collect(attributes, MAX_DEPTH, &mut found);
        }
        found
    }
}

/// Collects the single values below `value`. The name of an object in between is no part of the key: Fusion uses
/// it for the type of a detail.
fn collect(value: &Value, depth: usize, found: &mut Vec<KeyValue>) {
    let Some(fields) = value.as_object().filter(|_| depth > 0) else {
        return;
    };
    for (key, value) in fields {
        if PRIVATE.contains(&key.as_str()) {
            continue;
        }
        let single: AttributeValue = match value {
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => match number.as_i64() {
                Some(number) => number.into(),
                None => number.as_f64().unwrap_or_default().into(),
            },
            // 64-bit integers are texts in the JSON form of Protocol Buffers.
            Value::String(text) => match (is_count(key), text.parse::<i64>()) {
                (true, Ok(number)) => number.into(),
                _ => enumerated(text).into(),
            },
            other => {
                collect(other, depth - 1, found);
                continue;
            }
        };
        found.push(KeyValue::new(format!("dbt.{key}"), single));
    }
}

fn is_count(key: &str) -> bool {
    key.starts_with("node_count_")
        || matches!(key, "rows_affected" | "duration_ms" | "failing_rows" | "age_seconds")
}

/// The first single value of a name, in the order of [`collect`].
fn find<'a>(value: &'a Value, key: &str, depth: usize) -> Option<&'a Value> {
    let fields = value.as_object().filter(|_| depth > 0)?;
    let mut public = fields.iter().filter(|(name, _)| !PRIVATE.contains(&name.as_str()));
    public.find_map(|(name, value)| match value {
        Value::Bool(_) | Value::Number(_) | Value::String(_) => (name == key).then_some(value),
        other => find(other, key, depth - 1),
    })
}

/// A text; the value of an enumeration as dbt Core writes it.
fn enumerated(value: &str) -> String {
    let mut prefixes = ENUMERATIONS.iter();
    let rest = prefixes.find_map(|prefix| value.strip_prefix(prefix));
    rest.map_or_else(|| value.to_owned(), str::to_ascii_lowercase)
}

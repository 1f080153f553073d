//! dbt's structured log: one JSON object per line, with `info` about the line and `data` about the event.
//!
//! Every field is optional here, because its names and types differ between versions of dbt.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::manifest::Entry;

/// A line of the log.
#[derive(Debug)]
pub(crate) struct Event {
    line: Value,
}

/// The events that spans are made from.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// The version of dbt. It is the first event of an invocation.
    Version(&'a str),
    /// The adapter was loaded.
    Adapter(&'a str),
    /// The target of the profile.
    Target(&'a str),
    /// A file was written, for example the manifest.
    Artifact { kind: &'a str, path: &'a str },
    /// A node, a batch of a node, or a hook of the project began.
    NodeStarted(Node<'a>),
    /// It ended.
    NodeFinished(Node<'a>, RunResult<'a>),
    /// What dbt prints of a node at the end, because it failed.
    ResultMessage(Node<'a>, &'a str),
    /// The command failed for a reason that is not a node.
    Failed(&'a str),
    /// Anything else.
    Other,
}

/// A node at the time of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    info: &'a Value,
}

/// The result of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunResult<'a> {
    data: &'a Value,
    result: &'a Value,
}

/// A phase of a node: `compile` or `execute`.
#[derive(Debug)]
pub(crate) struct Phase<'a> {
    pub(crate) name: &'a str,
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
}

impl Event {
    /// Parses a line. There is no event in a line that is not a JSON object with `info`.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let line: Value = serde_json::from_slice(line).ok()?;
        line.get("info")?.is_object().then_some(Self { line })
    }

    /// The end of a node that dbt has skipped without an event. `entry` is that of the manifest, and the time is that of
    /// another event.
    pub(crate) fn skipped(
        unique_id: &str,
        entry: Option<&Entry>,
        message: Option<&str>,
        at: &Self,
    ) -> Self {
        let mut parts = unique_id.splitn(3, '.');
        let (resource_type, rest) = (parts.next(), parts.nth(1));
        let node = json!({
            "unique_id": unique_id,
            "node_name": entry.and_then(Entry::name).or(rest),
            "resource_type": resource_type,
            "materialized": entry.and_then(Entry::materialization),
            "node_relation": {
                "database": entry.and_then(|entry| entry.database.as_deref()),
                "schema": entry.and_then(|entry| entry.schema.as_deref()),
                "alias": entry.and_then(|entry| entry.alias.as_deref()),
            },
        });
        let result = json!({ "status": "skipped", "message": message });
        Self::of_node(&node, &result, at.timestamp())
    }

    /// The end of a node, with the fields of `node_info` and of `run_result`.
    pub(crate) fn of_node(node: &Value, result: &Value, at: &str) -> Self {
        let line = json!({
            "info": { "name": "NodeFinished", "level": "info", "ts": at },
            "data": { "node_info": node, "run_result": result },
        });
        Self { line }
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

    /// `debug`, `info`, `warn` or `error`.
    pub(crate) fn level(&self) -> &str {
        self.info("level")
    }

    pub(crate) fn thread(&self) -> &str {
        self.info("thread")
    }

    pub(crate) fn invocation_id(&self) -> &str {
        self.info("invocation_id")
    }

    /// The message, which may contain colours.
    pub(crate) fn message(&self) -> &str {
        self.info("msg")
    }

    /// The time of the event, as dbt writes it.
    pub(crate) fn timestamp(&self) -> &str {
        self.info("ts")
    }

    pub(crate) fn time(&self) -> Option<SystemTime> {
        timestamp(self.timestamp())
    }

    /// The node that the event is about.
    pub(crate) fn node(&self) -> Option<Node<'_>> {
        let info = self.line.get("data")?.get("node_info")?;
        (!text(info, "unique_id").is_empty()).then_some(Node { info })
    }

    pub(crate) fn kind(&self) -> Kind<'_> {
        let data = self.line.get("data").unwrap_or(&Value::Null);
        match (self.name(), self.node()) {
            ("NodeStart" | "LogHookStartLine", Some(node)) => Kind::NodeStarted(node),
            ("NodeFinished" | "LogHookEndLine", Some(node)) => {
                let result = data.get("run_result").unwrap_or(&Value::Null);
                Kind::NodeFinished(node, RunResult { data, result })
            }
            ("RunResultError", Some(node)) => Kind::ResultMessage(node, text(data, "msg")),
            ("MainReportVersion", _) => {
                Kind::Version(text(data, "version").trim_start_matches('='))
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
}

impl<'a> Node<'a> {
    pub(crate) fn unique_id(self) -> &'a str {
        text(self.info, "unique_id")
    }

    pub(crate) fn name(self) -> &'a str {
        text(self.info, "node_name")
    }

    /// `model`, `test`, `seed`, `snapshot`, `unit_test`, `operation` and others.
    pub(crate) fn resource_type(self) -> &'a str {
        text(self.info, "resource_type")
    }

    pub(crate) fn materialization(self) -> Option<&'a str> {
        filled(self.info, "materialized")
    }

    pub(crate) fn path(self) -> Option<&'a str> {
        filled(self.info, "node_path")
    }

    pub(crate) fn checksum(self) -> Option<&'a str> {
        filled(self.info, "node_checksum")
    }

    /// A field of the relation: `database`, `schema`, `alias` or `relation_name`.
    pub(crate) fn relation(self, field: &str) -> Option<&'a str> {
        filled(self.info.get("node_relation")?, field)
    }

    /// The start, as dbt writes it. It distinguishes the batches of a model.
    pub(crate) fn started(self) -> &'a str {
        text(self.info, "node_started_at")
    }

    pub(crate) fn start(self) -> Option<SystemTime> {
        timestamp(self.started())
    }

    /// The end. A node that was skipped has none.
    pub(crate) fn end(self) -> Option<SystemTime> {
        timestamp(text(self.info, "node_finished_at"))
    }

    fn status(self) -> &'a str {
        text(self.info, "node_status")
    }
}

impl<'a> RunResult<'a> {
    /// The status, as dbt reports it.
    pub(crate) fn status(self, node: Node<'a>) -> &'a str {
        filled(self.result, "status")
            .or_else(|| filled(self.data, "status"))
            .unwrap_or_else(|| node.status())
    }

    /// The message of the result. The event of a hook has the hook's name instead.
    pub(crate) fn message(self) -> &'a str {
        filled(self.result, "message").unwrap_or_else(|| text(self.data, "statement"))
    }

    /// Why the node was skipped. dbt Core has no such field.
    pub(crate) fn skip_reason(self) -> Option<&'a str> {
        filled(self.result, "skip_reason")
    }

    /// The number of rows that a test found.
    pub(crate) fn failures(self) -> Option<u64> {
        number(self.result.get("num_failures"))
    }

    pub(crate) fn execution_time(self) -> Option<f64> {
        let of = |value: &Value| value.get("execution_time").and_then(Value::as_f64);
        of(self.result).or_else(|| of(self.data))
    }

    pub(crate) fn thread(self) -> Option<&'a str> {
        filled(self.result, "thread")
    }

    /// The number of rows that the adapter reports. Some report -1 if they do not know it.
    pub(crate) fn rows_affected(self) -> Option<u64> {
        number(self.result.get("adapter_response")?.get("rows_affected"))
    }

    /// A text in the response of the adapter.
    pub(crate) fn adapter(self, key: &str) -> Option<&'a str> {
        filled(self.result.get("adapter_response")?, key)
    }

    pub(crate) fn phases(self) -> impl Iterator<Item = Phase<'a>> {
        let timing = self.result.get("timing_info").and_then(Value::as_array);
        timing.into_iter().flatten().filter_map(|phase| {
            Some(Phase {
                name: filled(phase, "name")?,
                start: timestamp(text(phase, "started_at"))?,
                end: timestamp(text(phase, "completed_at"))?,
            })
        })
    }
}

/// The text at a key; an empty one if there is none.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The text at a key that is not empty.
pub(crate) fn filled<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    Some(text(value, key)).filter(|text| !text.is_empty())
}

/// A number that is not negative. dbt writes some as floating-point numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is not negative, and a number of rows beyond 2^53 is not exact in the input either"
)]
fn number(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    let float = || value.as_f64().filter(|number| *number >= 0.0);
    value.as_u64().or_else(|| Some(float()? as u64))
}

/// A time such as `2026-11-20T06:50:15.240499Z`, or in nanoseconds since 1970. Times of nodes have no `Z`, and are in
/// UTC, too.
pub(crate) fn timestamp(text: &str) -> Option<SystemTime> {
    if let Ok(nanos) = text.parse() {
        return UNIX_EPOCH.checked_add(Duration::from_nanos(nanos));
    }
    let (date, time) = text.trim_end_matches('Z').split_once('T')?;
    let mut date = date.splitn(3, '-');
    let year = date.next()?.parse().ok()?;
    let month = Month::try_from(date.next()?.parse::<u8>().ok()?).ok()?;
    let day = date.next()?.parse().ok()?;
    let mut time = time.splitn(3, ':');
    let hour = time.next()?.parse().ok()?;
    let minute = time.next()?.parse().ok()?;
    let (second, fraction) = time
        .next()
        .map(|it| it.split_once('.').unwrap_or((it, "0")))?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let nanos = fraction
        .parse::<u32>()
        .ok()?
        .checked_mul(10_u32.checked_pow(9_u32.checked_sub(digits)?)?)?;
    let time = Time::from_hms_nano(hour, minute, second.parse().ok()?, nanos).ok()?;
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc().into())
}

/// A message without the colours that dbt writes.
pub(crate) fn without_colours(message: &str) -> Cow<'_, str> {
    if !message.contains('\x1b') {
        return Cow::Borrowed(message);
    }
    let mut parts = message.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    Cow::Owned(plain)
}

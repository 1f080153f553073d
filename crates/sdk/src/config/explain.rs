//! The effective configuration with the source of each value.

use std::fmt::{self, Display};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::Value;

use super::filter::shown;
use super::mistake::below;
use super::source::{Source, Values};
use super::telemetry::TelemetryConfig;
use crate::redaction::sanitize_sent_value;
use floe_telemetry_core::sanitize_credentials;

/// The maximum number of lines.
const MAX_LINES: usize = 2000;

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Adds the scalars of a value with their paths. Values that are not set are omitted.
fn add_scalars(path: &str, value: &Value, values: &mut Values) {
    let text = match value {
        Value::Null => return,
        Value::Array(items) => {
            let items = items.iter().enumerate();
            return items.for_each(|(at, item)| {
                add_scalars(&below(path, &at.to_string()), item, values);
            });
        }
        Value::Object(fields) => {
            return fields.iter().for_each(|(key, field)| {
                add_scalars(&below(path, key), field, values);
            });
        }
        Value::String(text) => text.clone(),
        scalar => scalar.to_string(),
    };
    values.insert(path.to_owned(), (text, 0));
}

impl TelemetryConfig {
    /// Returns the values that are not the default of an optional section.
    pub(super) fn values(&self) -> Values {
        let mut values = Values::new();
        if let Ok(written) = serde_json::to_value(self) {
            add_scalars("", &written, &mut values);
        }
        if let Some(filter) = &self.sampling.filter {
            values.insert("sampling.filter".to_owned(), (shown(filter), 0));
        }
        let mut mark = |path: String, hash: u64| {
            if let Some((_, held)) = values.get_mut(&path) {
                *held = hash;
            }
        };
        mark("otlp_endpoint".to_owned(), hash(&self.otlp_endpoint));
        for (section, options) in [
            ("all", &self.otlp.all),
            ("traces", &self.otlp.traces),
            ("metrics", &self.otlp.metrics),
            ("logs", &self.otlp.logs),
        ] {
            mark(format!("otlp.{section}.endpoint"), hash(&options.endpoint));
            for (name, value) in &options.headers {
                mark(format!("otlp.{section}.headers.{name}"), hash(&value.expose()));
            }
        }
        if let Some(authentication) = &self.authentication
            && let Some(secret) = authentication.secret()
        {
            for key in ["api_key", "bearer_token"] {
                mark(format!("authentication.{key}"), hash(&secret.expose()));
            }
        }
        for (key, value) in &self.span_attributes {
            mark(format!("span_attributes.{key}"), hash(value));
        }
        let resource = &self.resource_attributes;
        for (key, value) in &resource.additional {
            mark(format!("resource_attributes.additional.{key}"), hash(value));
        }
        for (key, value) in &resource.typed {
            let text = value.to_string();
            let shown = sanitize_sent_value(key, &text).into_owned();
            values.insert(format!("resource_attributes.additional.{key}"), (shown, hash(&text)));
        }
        values
    }

    /// Notes that code has set the values that differ from those that were read, or from the defaults, and those that are
    /// not set any more.
    pub(crate) fn note_code(&mut self) {
        let now = self.values();
        let read = self.sources.read.take();
        let read = read.unwrap_or_else(|| Arc::new(Self::new("").values()));
        for path in now.keys().chain(read.keys()) {
            if read.get(path) != now.get(path) {
                self.sources.note(path, Source::Code);
            }
        }
        self.sources.read = Some(Arc::new(now));
    }

    /// Keeps the values that were read, so that a later change of code is seen.
    pub(crate) fn remember(&mut self) {
        self.sources.read = Some(Arc::new(self.values()));
    }

    /// Returns the effective configuration, one line for each value with its source.
    pub(crate) fn explained(&self) -> Vec<String> {
        let mut config = self.copied();
        config.note_code();
        let values = config.values();
        let mut lines: Vec<_> = values
            .iter()
            .map(|(path, (text, _))| {
                let (source, ignored) = config.sources.of(path);
                let ignored: Vec<_> = ignored.iter().map(ToString::to_string).collect();
                let ignored = match &ignored[..] {
                    [] => String::new(),
                    all => format!("; ignored: {}", all.join(", ")),
                };
                format!("{path} = {text} ({source}{ignored})")
            })
            .collect();
        let is_shown = |path: &str| {
            let below = format!("{path}.");
            values.keys().any(|key| key == path || key.starts_with(&below))
        };
        let without_value = config
            .sources
            .paths()
            .filter(|path| config.sources.of(path).0.variable().is_some() && !is_shown(path));
        lines.extend(without_value.map(|path| format!("{path} ({})", config.sources.of(path).0)));
        let refused = config.sources.refusals.iter().filter(|it| config.is_refused(it));
        lines.extend(refused.map(|it| format!("left out: {}", it.reason)));
        if let Some(more @ 1..) = lines.len().checked_sub(MAX_LINES) {
            lines.truncate(MAX_LINES);
            lines.push(format!("and {more} more"));
        }
        lines.iter().map(|line| sanitize_credentials(line).replace(char::is_control, " ")).collect()
    }
}

/// Writes the effective configuration, one line for each value with its source: the default, code, a variable, or the
/// line of a file. Sources that another one overrides follow, and variables that cannot be obeyed stand at the end.
/// Sections that have their defaults, and settings that are not set, are omitted. Credentials are masked.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let mut config = TelemetryConfig::from_yaml("
/// resource_attributes: {service_name: orders}
/// otlp_endpoint: http://collector:4317
/// ")?;
/// config.otlp_endpoint = Some("http://localhost:4317".to_owned());
/// let lines = config.to_string();
/// assert!(lines.contains("service_name = orders (line 2, column 37)"), "{lines}");
/// assert!(lines.contains("otlp_endpoint = http://localhost:4317 (code; ignored: line 3, column 16)"), "{lines}");
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
impl Display for TelemetryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.explained().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Writes the same on one line.
impl fmt::Debug for TelemetryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TelemetryConfig {{ {} }}", self.explained().join(", "))
    }
}

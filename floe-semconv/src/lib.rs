#![doc = include_str!("../README.md")]

mod problem;
#[rustfmt::skip]
#[allow(clippy::enum_glob_use, reason = "each row has the names of several variants")]
mod table;

use std::collections::HashSet;
use std::sync::LazyLock;

pub use problem::Problem;

/// The schema URL of the conventions in the table.
pub const SCHEMA_URL: &str = table::SCHEMA_URL;

/// The version of the conventions in the table, such as `1.44.0`.
pub const VERSION: &str = {
    let (_, version) = SCHEMA_URL.split_at("https://opentelemetry.io/schemas/".len());
    version
};

/// An attribute of the semantic conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Its key, or the beginning of its keys.
    pub key: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether it may change.
    pub stability: Stability,
    /// Whether keys begin with this one and a dot, as in `http.request.header.content-type`.
    pub is_template: bool,
    /// Why it is not used any more.
    pub deprecation: Option<Deprecation>,
}

/// What the values of an attribute are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// An integer.
    Int,
    /// A floating-point number.
    Double,
    /// A boolean.
    Bool,
    /// Anything.
    Any,
    /// An array of texts.
    Texts,
    /// An array of integers.
    Ints,
    /// An array of floating-point numbers.
    Doubles,
    /// An array of booleans.
    Bools,
    /// One of these texts.
    TextOf(&'static [&'static str]),
    /// One of these integers.
    IntOf(&'static [i64]),
}

/// Whether an attribute may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stability {
    /// It does not change.
    Stable,
    /// It is about to become stable.
    ReleaseCandidate,
    /// It may change in each version.
    Development,
}

/// Why a name is not used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deprecation {
    /// It has another name.
    RenamedTo(&'static str),
    /// For this reason, a sentence.
    Because(&'static str),
}

/// A metric of the semantic conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What records it.
    pub instrument: Instrument,
    /// Its unit.
    pub unit: &'static str,
    /// Why it is not used any more.
    pub deprecation: Option<Deprecation>,
}

/// What records a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "they are those of OpenTelemetry")]
pub enum Instrument {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
}

/// A type of spans of the semantic conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanType {
    /// Its name, such as `http.client`, which begins with the namespace of its attributes.
    pub name: &'static str,
    /// The kind of the spans, such as `client`.
    pub kind: &'static str,
    /// The keys that each of its spans has.
    pub required: &'static [&'static str],
}

impl SpanType {
    const fn new(
        name: &'static str,
        kind: &'static str,
        required: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            kind,
            required,
        }
    }

    fn namespace(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

impl Row {
    const fn new(key: &'static str, kind: Kind, stability: Stability) -> Self {
        Self {
            key,
            kind,
            stability,
            is_template: false,
            deprecation: None,
        }
    }

    const fn template(mut self) -> Self {
        self.is_template = true;
        self
    }

    const fn renamed_to(mut self, key: &'static str) -> Self {
        self.deprecation = Some(Deprecation::RenamedTo(key));
        self
    }

    const fn deprecated(mut self, reason: &'static str) -> Self {
        self.deprecation = Some(Deprecation::Because(reason));
        self
    }

    /// The key that is used instead of this one, or its own.
    fn successor(&self) -> &'static str {
        match self.deprecation {
            Some(Deprecation::RenamedTo(key)) => key,
            _ => self.key,
        }
    }
}

impl Metric {
    const fn new(name: &'static str, instrument: Instrument, unit: &'static str) -> Self {
        Self {
            name,
            instrument,
            unit,
            deprecation: None,
        }
    }

    const fn renamed_to(mut self, name: &'static str) -> Self {
        self.deprecation = Some(Deprecation::RenamedTo(name));
        self
    }

    const fn deprecated(mut self, reason: &'static str) -> Self {
        self.deprecation = Some(Deprecation::Because(reason));
        self
    }
}

/// The attributes, sorted by their keys.
pub fn attributes() -> &'static [Row] {
    &table::ROWS
}

/// The metrics, sorted by their names.
pub fn metrics() -> &'static [Metric] {
    &table::METRICS
}

/// The attribute with a key; that of a template with the beginning of the key.
pub fn attribute(key: &str) -> Option<&'static Row> {
    let rows = attributes();
    if let Ok(place) = rows.binary_search_by(|row| row.key.cmp(key)) {
        return Some(&rows[place]);
    }
    let ends = key.rmatch_indices('.').map(|(end, _)| end);
    let templates = ends.filter_map(|end| {
        let place = rows.binary_search_by(|row| row.key.cmp(&key[..end]));
        Some(&rows[place.ok()?])
    });
    templates.into_iter().find(|row| row.is_template)
}

/// The metric with a name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    let place = metrics().binary_search_by(|metric| metric.name.cmp(name));
    place.ok().map(|place| &metrics()[place])
}

/// The types of spans that a namespace of attributes and a kind determine.
pub fn span_types() -> &'static [SpanType] {
    &table::SPANS
}

/// What the spans of a kind lack: a span that has attributes of a type's namespace has those that the type requires.
///
/// ```
/// let problems = floe_semconv::check_span("client", &["http.request.method", "url.full", "server.port"]);
/// assert_eq!(
///     problems[0].to_string(),
///     "a client span with attributes of `http` has `server.address`, which this one lacks",
/// );
/// ```
pub fn check_span(kind: &str, keys: &[&str]) -> Vec<Problem<'static>> {
    let types = span_types().iter().filter(|it| {
        let is_in =
            |key: &&str| attribute(key).is_some() && key.split('.').next() == Some(it.namespace());
        it.kind == kind && keys.iter().any(is_in)
    });
    let lacking = types.flat_map(|it| {
        let missing = it.required.iter().filter(|key| !keys.contains(key));
        missing.map(|key| Problem::Missing {
            kind: it.kind,
            namespace: it.namespace(),
            key,
        })
    });
    lacking.collect()
}

/// What is wrong with a metric, if anything is: its name, its unit and what records it.
///
/// ```
/// use floe_semconv::Instrument;
/// let name = "http.server.request.duration";
/// let problem = floe_semconv::check_metric(name, "ms", Instrument::Histogram).unwrap();
/// assert_eq!(problem.to_string(), "`http.server.request.duration` has the unit `s`, found `ms`");
/// ```
pub fn check_metric<'a>(
    name: &'a str,
    unit: &'a str,
    instrument: Instrument,
) -> Option<Problem<'a>> {
    let metric = metric(name)?;
    if let Some(deprecation) = metric.deprecation {
        return Some(Problem::Deprecated {
            key: name,
            deprecation,
        });
    }
    if metric.unit != unit {
        return Some(Problem::OtherUnit {
            name,
            expected: metric.unit,
            found: unit,
        });
    }
    (metric.instrument != instrument).then_some(Problem::OtherInstrument {
        name,
        expected: metric.instrument,
        found: instrument,
    })
}

/// Whether OpenTelemetry has the keys that begin like this one: the first of its words begins an attribute that is not
/// deprecated.
pub fn is_reserved(key: &str) -> bool {
    static NAMESPACES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let rows = attributes().iter().filter(|row| row.deprecation.is_none());
        rows.filter_map(|row| row.key.split_once('.'))
            .map(|(namespace, _)| namespace)
            .collect()
    });
    key.split_once('.')
        .is_some_and(|(namespace, _)| NAMESPACES.contains(namespace))
}

/// The key of the conventions that is most like another one, if any is: at most a quarter of its characters differ.
pub fn nearest(key: &str) -> Option<&'static str> {
    // Most mistakes are one edit, which is fast to search for.
    let row = nearest_within(key, 1).or_else(|| nearest_within(key, usize::MAX))?;
    Some(row.successor())
}

fn nearest_within(key: &str, most: usize) -> Option<&'static Row> {
    let near = attributes().iter().filter_map(|row| {
        let distance = problem::distance(key, row.key, most.min(row.key.len() / 4))?;
        Some((distance, row.deprecation.is_some(), row))
    });
    let nearest = near.min_by_key(|(distance, is_deprecated, _)| (*distance, *is_deprecated));
    nearest.map(|(_, _, row)| row)
}

/// What is wrong with a key, if anything is.
///
/// ```
/// let problem = floe_semconv::check("http.method").unwrap();
/// assert_eq!(
///     problem.to_string(),
///     "the semantic conventions renamed `http.method` to `http.request.method`",
/// );
/// assert!(floe_semconv::check("http.request.method").is_none());
/// assert!(floe_semconv::check("acme.method").is_none());
/// ```
pub fn check(key: &str) -> Option<Problem<'_>> {
    if let Some(row) = attribute(key) {
        return row
            .deprecation
            .map(|deprecation| Problem::Deprecated { key, deprecation });
    }
    if !problem::is_key(key) {
        return Some(Problem::NoKey { key });
    }
    is_reserved(key).then(|| Problem::Unknown {
        key,
        nearest: nearest(key),
    })
}

/// What is wrong with a text as the value of a key, if anything is. Values of unknown keys are not checked.
///
/// ```
/// let problem = floe_semconv::check_text("db.system.name", "postgres").unwrap();
/// assert!(problem.to_string().contains("did you mean `postgresql`?"));
/// ```
pub fn check_text<'a>(key: &'a str, value: &'a str) -> Option<Problem<'a>> {
    let row = attribute(key)?;
    match row.kind {
        // `_OTHER` alone stands for values that the conventions do not list.
        Kind::TextOf([_]) | Kind::Text | Kind::Any => None,
        Kind::TextOf(members) => {
            let is_member = members.contains(&value);
            (!is_member).then_some(Problem::NoMember {
                key,
                value,
                members,
            })
        }
        expected => Some(Problem::OtherKind {
            key,
            expected,
            found: Kind::Text,
        }),
    }
}

/// What is wrong with a kind of values for a key, if anything is. Values of unknown keys are not checked.
pub fn check_kind(key: &str, found: Kind) -> Option<Problem<'_>> {
    let expected = attribute(key)?.kind;
    let is_same = match expected {
        Kind::Any => true,
        Kind::TextOf(_) => found == Kind::Text,
        Kind::IntOf(_) => found == Kind::Int,
        expected => found == expected,
    };
    (!is_same).then_some(Problem::OtherKind {
        key,
        expected,
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_known() {
        for row in attributes() {
            let problem = check(row.key);
            match row.deprecation {
                None => assert_eq!(problem, None),
                Some(Deprecation::RenamedTo(to)) => {
                    let text = problem.unwrap().to_string();
                    assert!(text.ends_with(&format!("to `{to}`")), "{text}");
                }
                Some(Deprecation::Because(_)) => assert!(problem.is_some(), "{}", row.key),
            }
        }
        let header = attribute("http.request.header.content-type").unwrap();
        assert_eq!(
            (header.key, header.kind),
            ("http.request.header", Kind::Texts)
        );
        assert!(attributes().is_sorted_by_key(|row| row.key));
        assert!(metrics().is_sorted_by_key(|metric| metric.name));
    }

    #[test]
    fn each_renamed_key_has_a_successor() {
        for row in attributes() {
            if let Some(Deprecation::RenamedTo(to)) = row.deprecation {
                assert!(attribute(to).is_some(), "{} -> {to}", row.key);
            }
        }
    }

    /// At each place of each key, in turn: a character left out, doubled, replaced, or swapped with the next one.
    #[test]
    fn a_key_with_one_edit_suggests_itself() {
        let mut count = 0;
        for row in attributes().iter().filter(|row| row.deprecation.is_none()) {
            for place in 0..row.key.len() {
                let (head, tail) = row.key.split_at(place);
                let letter = &tail[..1];
                let next = tail.get(1..2).unwrap_or("");
                let rest = tail.get(2..).unwrap_or("");
                let edited = match count % 4 {
                    0 => format!("{head}{next}{rest}"),
                    1 => format!("{head}{letter}{letter}{next}{rest}"),
                    2 => format!("{head}x{next}{rest}"),
                    _ => format!("{head}{next}{letter}{rest}"),
                };
                count += 1;
                // Another key, or no key at all.
                if attribute(&edited).is_some() || !problem::is_key(&edited) {
                    continue;
                }
                let found = nearest(&edited).unwrap();
                let is_near = attributes().iter().any(|other| {
                    other.successor() == found && problem::distance(&edited, other.key, 1).is_some()
                });
                assert!(found == row.key || is_near, "{edited}: {found}");
                let problem = check(&edited).map(|problem| problem.to_string());
                let suggestion = format!("did you mean `{found}`?");
                assert_eq!(
                    problem.is_some_and(|problem| problem.ends_with(&suggestion)),
                    is_reserved(&edited),
                    "{edited}"
                );
            }
        }
        assert!(count > 15_000, "{count}");
    }

    #[test]
    fn values_are_checked() {
        assert_eq!(check_text("db.system.name", "postgresql"), None);
        assert_eq!(check_text("error.type", "timeout"), None);
        assert_eq!(check_text("acme.system", "x"), None);
        let problem = check_text("network.transport", "tpc").unwrap().to_string();
        assert_eq!(
            problem,
            "`tpc` is no value of `network.transport`, did you mean `tcp`? Its values are `tcp`, `udp`, \
             `pipe`, `unix`, `quic`"
        );
        let problem = check_kind("http.response.status_code", Kind::Text).unwrap();
        assert_eq!(
            problem.to_string(),
            "`http.response.status_code` is an integer, found text"
        );
        assert_eq!(check_kind("db.system.name", Kind::Text), None);
    }

    #[test]
    fn other_namespaces_are_free() {
        for key in ["acme.rows", "rows", "user", "Rows.total"] {
            let is_free = check(key).is_none_or(|problem| matches!(problem, Problem::NoKey { .. }));
            assert!(is_free, "{key}");
        }
        assert_eq!(
            check("db.sytem.name").unwrap().to_string(),
            "`db.sytem.name` is not in the semantic conventions 1.44.0, did you mean `db.system.name`?"
        );
        assert_eq!(
            check("Rows total").unwrap().to_string(),
            "`Rows total` is no key, expected words in lower case with dots between them, as in \
             `alert.channel`"
        );
    }

    #[test]
    fn the_version_is_that_of_the_schema() {
        assert!(
            VERSION
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        );
    }
}

//! The trace context as an SQL comment, so that a statement in the log of a database leads to its span.
//!
//! The engine adds the comment, not the platform: an engine sends additional statements (settings, transactions,
//! `CREATE … AS`), and only the engine knows where its database does not store a comment. Unlike sqlcommenter's
//! specification says, a statement that has a comment gets this one, too, because models have comments.

use std::borrow::Cow;
use std::collections::BTreeMap;

use floe_telemetry::propagation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The characters that are encoded: all but unreserved ones. So a value contains no quote, and neither the beginning
/// nor the end of a comment.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether the statements of an engine carry the trace context: a field of the engine's configuration. Default:
/// `true`.
///
/// The format is [sqlcommenter's](https://google.github.io/sqlcommenter/spec/), to which the semantic conventions
/// refer. The comment contains the headers of the configured propagators except `baggage`, whose values may be personal
/// data. A statement outside a recorded span stays unchanged.
///
/// ```
/// use floe_plugin::compute::{Compute, QueryComments, compute_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.compute.duckdb");
///
/// let mut sent = String::new();
/// testing::capture(|| {
///     let _span = compute_span(&TRACER, &Compute { operation: "query", ..Compute::default() });
///     sent = QueryComments::default().add_to("SELECT 1;").into_owned();
/// });
/// // SELECT 1 /*traceparent='00-7a085853722dc6d2c8ab5b3b8a5a6f43-00f067aa0ba902b7-03'*/;
/// assert!(sent.starts_with("SELECT 1 /*traceparent='00-"));
/// assert!(sent.ends_with("'*/;"));
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(transparent)]
pub struct QueryComments(bool);

impl QueryComments {
    /// Switches the comments on or off.
    #[must_use]
    pub const fn new(is_enabled: bool) -> Self {
        Self(is_enabled)
    }

    /// Adds the comment to the end of one statement, before its semicolon.
    #[must_use]
    pub fn add_to(self, statement: &str) -> Cow<'_, str> {
        let Some(comment) = self.comment() else {
            return Cow::Borrowed(statement);
        };
        let (sql, rest) = statement.split_at(end(statement));
        // A comment that ends with its line would contain this one.
        let last_line = sql.rsplit('\n').next().unwrap_or_default();
        let is_comment = last_line.contains("--") || last_line.contains('#');
        let separator = if is_comment { '\n' } else { ' ' };
        Cow::Owned(format!("{sql}{separator}{comment}{rest}"))
    }

    /// Returns the comment alone, for a statement that must not end with it; `None` outside a recorded span, or if
    /// comments are disabled.
    #[must_use]
    pub fn comment(self) -> Option<String> {
        if !self.0 || !propagation::current_span_context().is_sampled() {
            return None;
        }
        let headers: BTreeMap<_, _> = propagation::inject_headers().into_iter().collect();
        let pairs: Vec<String> = headers
            .iter()
            .filter(|(key, _)| !key.eq_ignore_ascii_case("baggage"))
            .map(|(key, value)| {
                let [key, value] = [key, value].map(|text| utf8_percent_encode(text, ENCODED));
                format!("{key}='{value}'")
            })
            .collect();
        (!pairs.is_empty()).then(|| format!("/*{}*/", pairs.join(",")))
    }
}

impl Default for QueryComments {
    fn default() -> Self {
        Self(true)
    }
}

/// The end of a statement, without the semicolon that ends it and the comment that may follow.
fn end(statement: &str) -> usize {
    let trimmed = |text: &str| {
        let is_end = |sign: char| sign == ';' || sign.is_whitespace();
        text.trim_end_matches(is_end).len()
    };
    let end = trimmed(statement);
    let before = &statement[..end];
    match before.rfind(';') {
        Some(at) if is_comment(&before[at + 1..]) => trimmed(&before[..at]),
        _ => end,
    }
}

/// Whether the text after a semicolon is a comment. With one of these characters it may belong to a text, to a name, or
/// to a longer comment.
fn is_comment(text: &str) -> bool {
    text.trim_start().starts_with("--") && !text.contains(['\n', '\'', '"', '`', ']', '$', '*'])
}

#[cfg(test)]
mod tests {
    use floe_telemetry::opentelemetry::Context;
    use floe_telemetry::opentelemetry::trace::{
        SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    };

    use super::QueryComments;

    const TRACEPARENT: &str =
        "traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'";

    /// Runs `run` below a span that is recorded, or not, elsewhere.
    fn below<T>(flags: TraceFlags, state: TraceState, run: impl FnOnce() -> T) -> T {
        let span = SpanContext::new(
            TraceId::from_hex("0af7651916cd43dd8448eb211c80319c").unwrap(),
            SpanId::from_hex("b7ad6b7169203331").unwrap(),
            flags,
            true,
            state,
        );
        let _current = Context::new().with_remote_span_context(span).attach();
        run()
    }

    fn add_to(statement: &str) -> String {
        below(TraceFlags::SAMPLED, TraceState::default(), || {
            QueryComments::default().add_to(statement).into_owned()
        })
    }

    #[test]
    fn the_comment_is_the_end_of_the_statement() {
        for (statement, before, after) in [
            ("SELECT 1", "SELECT 1 ", ""),
            ("SELECT 1;", "SELECT 1 ", ";"),
            ("SELECT 1 ;\n;\n", "SELECT 1 ", " ;\n;\n"),
            ("SELECT 1 -- all", "SELECT 1 -- all\n", ""),
            ("SELECT 1 -- all\nFROM t", "SELECT 1 -- all\nFROM t ", ""),
            ("SELECT 1; -- all", "SELECT 1 ", "; -- all"),
            ("SELECT 1 # all", "SELECT 1 # all\n", ""),
            ("SELECT 1 /* all */", "SELECT 1 /* all */ ", ""),
            ("SELECT '; -- ä'", "SELECT '; -- ä'\n", ""),
            ("SELECT [; -- a]", "SELECT [; -- a]\n", ""),
            ("SELECT 1 /* a; -- b */", "SELECT 1 /* a; -- b */\n", ""),
            ("", " ", ""),
        ] {
            let expected = format!("{before}/*{TRACEPARENT}*/{after}");
            assert_eq!(add_to(statement), expected, "{statement}");
        }
    }

    #[test]
    fn keys_are_sorted_and_no_value_ends_the_comment() {
        let state = TraceState::from_key_value([("congo", "t61*/ DROP TABLE t; --'"), ("a", "b")]);
        let comment = below(TraceFlags::SAMPLED, state.unwrap(), || {
            QueryComments::default().comment().unwrap()
        });
        let encoded = "congo%3Dt61%2A%2F%20DROP%20TABLE%20t%3B%20--%27%2Ca%3Db";
        assert_eq!(comment, format!("/*{TRACEPARENT},tracestate='{encoded}'*/"));
    }

    #[test]
    fn a_statement_without_a_recorded_span_is_not_changed() {
        let state = TraceState::default;
        let is_changed = |comments: QueryComments| comments.add_to("SELECT 1") != "SELECT 1";
        assert!(!is_changed(QueryComments::default()));
        assert!(!below(TraceFlags::NOT_SAMPLED, state(), || is_changed(QueryComments::default())));
        let off = QueryComments::new(false);
        assert!(!below(TraceFlags::SAMPLED, state(), || is_changed(off)));
        assert_eq!(serde_json::from_str::<QueryComments>("false").unwrap(), off);
    }
}

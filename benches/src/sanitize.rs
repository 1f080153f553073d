//! Redaction of a clean message, of a log, and of attribute values.

use std::borrow::Cow;
use std::hint::black_box;

use floe_telemetry::{sanitize, sanitize_error_message};
use regex::{Regex, RegexSet};
use serde::Serialize;

use crate::{arguments, cpu_time};

/// One text and one way to make it safe.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The text, and who reads it.
    pub what: String,
    pub bytes: usize,
    /// CPU time of one call.
    pub nanos: f64,
    /// The same as a rate.
    pub megabytes_per_second: f64,
}

/// 120 bytes without a secret.
const CLEAN: &str = "task orders_daily failed after 3 attempts: relation analytics.orders_v2 does \
    not exist in warehouse (line 42, code 7)   ";

const LINE: &str = "2026-01-12T04:15:32Z INFO  scheduler: step load_orders finished in 842 ms, 12034 \
    rows read, 12030 rows written, lag 17 s, partition=eu node=worker-3\n";

/// The rules that commonly make error messages safe: a URL's userinfo and five keys.
const RULES: [&str; 6] = [
    r"://[^:@/\s]+:[^@/\s]+@",
    r"(?i)(\w*password)\s*[=:]\s*\S+",
    r"(?i)(\w*secret_key)\s*[=:]\s*\S+",
    r"(?i)(\w*access_key)\s*[=:]\s*\S+",
    r"(?i)(\w*token)\s*[=:]\s*\S+",
    r"(?i)(\w*api_key)\s*[=:]\s*\S+",
];

/// All the rows. With `--quick` the texts are short.
///
/// # Panics
///
/// A rule does not compile.
#[must_use]
pub fn measure() -> Vec<Row> {
    let large = if arguments::quick() { 10_000 } else { 10_000_000 };
    let set = RegexSet::new(RULES).expect("rules");
    let six = RULES.map(|rule| Regex::new(rule).expect("a rule"));
    let log = LINE.repeat(large / LINE.len());
    let mut rows = Vec::new();
    for (name, text) in [("clean message", CLEAN), ("log", &log)] {
        rows.push(row(&format!("{name}: floe-telemetry"), text, |text| {
            sanitize_error_message(text).len()
        }));
        rows.push(row(&format!("{name}: RegexSet of six"), text, |text| {
            usize::from(set.is_match(text))
        }));
        rows.push(row(&format!("{name}: six regexes in turn"), text, |text| {
            replace_all(&six, text).len()
        }));
    }
    rows.push(attribute_values());
    rows
}

/// The values of a span with three short attributes.
fn attribute_values() -> Row {
    let values = ["orders_daily", "load", "eu-west-1"];
    row("three attribute values", &values.concat(), |_| {
        let lengths = values.iter().map(|value| sanitize(black_box(value)).len());
        lengths.sum()
    })
}

fn replace_all<'t>(rules: &[Regex], text: &'t str) -> Cow<'t, str> {
    let mut safe = Cow::Borrowed(text);
    for rule in rules {
        if let Cow::Owned(changed) = rule.replace_all(&safe, "$1=<REDACTED>") {
            safe = Cow::Owned(changed);
        }
    }
    safe
}

/// The minimum CPU time of several measurements: other programs only ever add to it.
fn row(what: &str, text: &str, call: impl Fn(&str) -> usize) -> Row {
    let (bytes, rounds) = if arguments::quick() { (10_000, 1) } else { (1_000_000, 15) };
    let calls = (bytes / text.len()).clamp(1, 10_000);
    let least = (0..rounds)
        .map(|_| {
            let begin = cpu_time::of_thread();
            for _ in 0..calls {
                black_box(call(black_box(text)));
            }
            cpu_time::of_thread().saturating_sub(begin)
        })
        .min()
        .unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
    let (nanos, bytes) = (least.as_nanos() as f64 / calls as f64, text.len() as f64);
    Row {
        what: what.to_owned(),
        bytes: text.len(),
        nanos,
        megabytes_per_second: bytes * 1e3 / nanos.max(1.0),
    }
}

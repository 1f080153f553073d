//! Finds repeated equal calls that a single call could replace.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use opentelemetry::{SpanId, Value};
use opentelemetry_sdk::trace::SpanData;

use super::tree;
use crate::char_boundary::beginning;
use crate::keys::{DB_QUERY_SUMMARY, DB_QUERY_TEXT};

/// The default number of consecutive calls that is no finding. Sentry's detector, too, reports five.
pub(super) const MOST_IN_A_ROW: usize = 4;

/// The limits of the output: findings, attributes of each, values of each and characters of each value.
const MOST_FINDINGS: usize = 10;
const MOST_ATTRIBUTES: usize = 3;
const MOST_VALUES: usize = 3;
const MOST_CHARACTERS: usize = 60;

/// Describes runs of more than `most` sequential calls with the same parent, name and query, the earliest first.
pub(super) fn findings(spans: &[SpanData], most: usize, excused: &[&str]) -> Vec<String> {
    let mut alike: HashMap<_, Vec<&SpanData>> = HashMap::new();
    for span in spans.iter().filter(|it| !excused.contains(&&*it.name)) {
        if span.parent_span_id != SpanId::INVALID {
            let key = (tree::parent(span), &*span.name, query(span));
            alike.entry(key).or_default().push(span);
        }
    }
    let mut found: Vec<_> = alike
        .into_values()
        .filter_map(|mut calls| {
            calls.sort_by_key(|call| (call.start_time, call.end_time));
            let rows = calls.chunk_by(|before, call| call.start_time >= before.end_time);
            let longest = rows.max_by_key(|row| row.len())?.to_vec();
            (longest.len() > most).then_some(longest)
        })
        .collect();
    found.sort_by_key(|row| row.first().map(|first| (first.start_time, &first.name)));
    let shown = found.iter().take(MOST_FINDINGS);
    let mut shown: Vec<_> = shown.map(|row| describe(row, spans)).collect();
    if found.len() > MOST_FINDINGS {
        shown.push(format!("… and {} more", found.len() - MOST_FINDINGS));
    }
    shown
}

/// The summary of a database query, or else the query.
fn query(span: &SpanData) -> Option<Cow<'_, str>> {
    let query = value(span, DB_QUERY_SUMMARY).or_else(|| value(span, DB_QUERY_TEXT));
    query.map(Value::as_str)
}

fn describe(row: &[&SpanData], all: &[SpanData]) -> String {
    let Some(first) = row.first() else {
        return String::new();
    };
    let parent = all.iter().find(|it| tree::id(it) == tree::parent(first));
    let parent = match parent {
        Some(parent) => format!("`{}`", parent.name),
        None => "a span that was not captured".to_owned(),
    };
    let mut text = format!("{} of `{}` below {parent}", row.len(), first.name);
    if let Some(query) = query(first) {
        let _ = write!(text, ", query `{}`", cut(&query));
    }
    let differing = first.attributes.iter().filter_map(|attribute| {
        let key = attribute.key.as_str();
        let mut seen = HashSet::new();
        let mut values = row.iter().filter_map(|span| {
            let value = value(span, key)?.as_str();
            seen.insert(value.clone()).then(|| cut(&value).to_owned())
        });
        let shown: Vec<_> = values.by_ref().take(MOST_VALUES).collect();
        let more = if values.next().is_some() { ", …" } else { "" };
        (shown.len() > 1).then(|| format!(", {key} = {}{more}", shown.join(", ")))
    });
    text.extend(differing.take(MOST_ATTRIBUTES));
    text
}

fn value<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let found = span.attributes.iter().find(|it| it.key.as_str() == key);
    found.map(|attribute| &attribute.value)
}

fn cut(text: &str) -> &str {
    beginning(text, MOST_CHARACTERS)
}

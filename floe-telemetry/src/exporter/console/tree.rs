//! The spans of a trace in the order in which a tree is read.

use std::collections::{HashMap, HashSet};

use opentelemetry::SpanId;
use opentelemetry_sdk::trace::SpanData;

/// A span in its place.
pub(super) struct Row<'a> {
    pub(super) span: &'a SpanData,
    /// For each level from the top, whether the branch there ends with this row's ancestor (or
    /// with the row itself). Empty for a top row.
    pub(super) last: Vec<bool>,
}

/// Whether no span of this process is above it.
pub(super) fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote
}

/// Parents before children, siblings by start. A span whose parent is missing is a top row.
pub(super) fn rows(spans: &[SpanData]) -> Vec<Row<'_>> {
    let known: HashSet<SpanId> = spans
        .iter()
        .map(|span| span.span_context.span_id())
        .collect();
    let mut children: HashMap<SpanId, Vec<&SpanData>> = HashMap::new();
    for span in spans {
        let parent = if known.contains(&span.parent_span_id) {
            span.parent_span_id
        } else {
            SpanId::INVALID
        };
        children.entry(parent).or_default().push(span);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|span| span.start_time);
    }
    let mut rows = Vec::with_capacity(spans.len());
    // A stack of our own: a trace may be deeper than the thread's.
    let mut open: Vec<Row<'_>> = top(&mut children, SpanId::INVALID, None);
    while let Some(row) = open.pop() {
        open.extend(top(
            &mut children,
            row.span.span_context.span_id(),
            Some(&row.last),
        ));
        rows.push(row);
    }
    rows
}

/// The rows below `parent`, last first, as a stack wants them.
fn top<'a>(
    children: &mut HashMap<SpanId, Vec<&'a SpanData>>,
    parent: SpanId,
    above: Option<&[bool]>,
) -> Vec<Row<'a>> {
    let siblings = children.remove(&parent).unwrap_or_default();
    siblings
        .into_iter()
        .rev()
        .enumerate()
        .map(|(from_end, span)| Row {
            span,
            last: above.map_or_else(Vec::new, |above| [above, &[from_end == 0]].concat()),
        })
        .collect()
}

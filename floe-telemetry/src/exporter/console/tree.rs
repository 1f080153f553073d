//! The spans of a trace in the depth-first order of their tree.

use std::collections::{HashMap, HashSet};

use opentelemetry::SpanId;
use opentelemetry_sdk::trace::SpanData;

/// A span and its position in the tree.
pub(super) struct Row<'a> {
    pub(super) span: &'a SpanData,
    /// For each level from the top, whether this row's ancestor (or the row itself) is the last of
    /// its siblings. Empty for a top row.
    pub(super) last: Vec<bool>,
}

/// Whether the span has no parent in this process.
pub(super) fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote
}

/// The first rows of a trace, at most `max`: parents before children, siblings by start time. A span whose
/// parent is missing is a top row.
pub(super) fn rows(spans: &[SpanData], max: usize) -> Vec<Row<'_>> {
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
    let mut rows = Vec::new();
    // An explicit stack instead of recursion, because a trace may be deeper than the thread's stack.
    let mut open: Vec<Row<'_>> = children_of(&mut children, SpanId::INVALID, None);
    // The memory of a row grows with its depth.
    while rows.len() < max
        && let Some(row) = open.pop()
    {
        open.extend(children_of(
            &mut children,
            row.span.span_context.span_id(),
            Some(&row.last),
        ));
        rows.push(row);
    }
    rows
}

/// The child rows of `parent`, the last one first, so that the first one is popped first.
fn children_of<'a>(
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

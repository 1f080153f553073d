//! Formats captured spans as lines of an indented tree, without ids and times.

use std::fmt::Write as _;
use std::mem;

use floe_waterfall::Tree;
use opentelemetry_sdk::trace::SpanData;

use crate::char_boundary::{CUT, beginning};
use floe_redact::printable;
use floe_telemetry_core::__sdk::clock::UnixNanos;

/// The maximum number of lines in a failed assertion, and of characters of each.
const MOST_LINES: usize = 200;
const MOST_CHARACTERS: usize = 1_000;

/// The number of ancestors, and the description of a span or of several equal ones.
pub(super) type Line = (usize, String);

/// Describes the spans: parents before children, siblings in the order of `Spans::tree`, and equal siblings next to
/// each other once. A span whose parent is missing is at the top.
pub(super) fn lines(spans: &[SpanData], describe: impl Fn(&SpanData) -> String) -> Vec<Line> {
    let tree = Tree::by_ids(spans, |span| {
        let trace = span.span_context.trace_id();
        let times = [span.start_time, span.end_time].map(|time| UnixNanos::from(time).0);
        ((trace, span.span_context.span_id()), (trace, span.parent_span_id), times.into())
    });

    let parents_first: Vec<usize> = tree.below(tree.roots()).collect();
    let mut depths = vec![0; spans.len()];
    for span in &parents_first {
        depths[*span] = tree.parent(*span).map_or(0, |parent| depths[parent] + 1);
    }

    // The lines of each span and of the spans below it.
    let mut subtrees: Vec<Vec<Line>> = vec![Vec::new(); spans.len()];
    for span in parents_first.into_iter().rev() {
        let mut lines = joined(&tree, tree.children(span), &mut subtrees);
        lines.push((depths[span], printable(&describe(&spans[span])).into_owned()));
        subtrees[span] = lines;
    }

    let mut lines = joined(&tree, tree.roots(), &mut subtrees);
    lines.reverse();
    lines
}

pub(super) fn text(lines: &[Line]) -> String {
    let lines = lines.iter().map(|(depth, text)| indented(*depth, text));
    lines.collect::<Vec<_>>().join("\n")
}

/// Formats lines like [`text`], but shortened, and one level deeper.
pub(super) fn excerpt(lines: &[Line]) -> String {
    let shown = lines.iter().take(MOST_LINES).map(|(depth, text)| {
        let cut = beginning(text, MOST_CHARACTERS);
        let mark = if cut.len() < text.len() { CUT } else { "" };
        indented(depth + 1, &format!("{cut}{mark}"))
    });

    let mut shown: Vec<_> = shown.collect();
    if lines.len() > MOST_LINES {
        shown.push(format!("  {CUT} and {} more lines", lines.len() - MOST_LINES));
    }

    shown.join("\n")
}

struct Subtree {
    /// The number of the group: siblings that overlap are in one group.
    group: usize,
    /// The lines in reverse order, because the line of the parent is added last.
    lines: Vec<Line>,
}

/// Joins the lines of siblings, in reverse order.
fn joined(tree: &Tree, siblings: &[usize], subtrees: &mut [Vec<Line>]) -> Vec<Line> {
    let mut by_start = siblings.to_vec();
    by_start.sort_by_key(|span| (tree.start(*span), tree.end(*span)));

    let mut group = 0;
    let mut end = 0;
    let grouped = by_start.iter().map(|span| {
        if tree.start(*span) >= end {
            group += 1;
        }

        end = end.max(tree.end(*span));
        Subtree { group, lines: mem::take(&mut subtrees[*span]) }
    });

    let mut ordered: Vec<Subtree> = grouped.collect();
    // The order in which overlapping spans start may differ from run to run, so they are sorted by their texts.
    ordered.sort_by(|a, b| {
        let texts = || a.lines.iter().rev().cmp(b.lines.iter().rev());
        a.group.cmp(&b.group).then_with(texts)
    });

    let mut joined = Vec::new();
    let mut siblings = ordered.into_iter().rev().peekable();
    while let Some(Subtree { mut lines, .. }) = siblings.next() {
        let mut count = 1;
        while siblings.next_if(|next| next.lines == lines).is_some() {
            count += 1;
        }
        if count > 1
            && let Some((_, text)) = lines.last_mut()
        {
            let _ = write!(text, " ×{count}");
        }
        if joined.is_empty() {
            // Appending would move each line of a deep trace once for each level.
            joined = lines;
        } else {
            joined.append(&mut lines);
        }
    }
    joined
}

fn indented(depth: usize, text: &str) -> String {
    format!("{:1$}{text}", "", depth * 2)
}

#[cfg(test)]
mod tests {
    use opentelemetry::SpanId;
    use opentelemetry::trace::{SpanContext, TraceFlags, TraceId, TraceState};

    use floe_telemetry_core::create_span;

    use super::*;

    #[test]
    fn a_trace_may_be_deeper_than_the_stack() {
        let spans = crate::capture(|| drop(create_span("step")));
        let span = |n: u64| {
            let trace = TraceId::from(1);
            let flags = TraceFlags::SAMPLED;
            let id = SpanId::from(n);
            let mut span = spans.single("step").data().clone();
            span.span_context = SpanContext::new(trace, id, flags, false, TraceState::NONE);
            span.parent_span_id = SpanId::from(n - 1);
            span
        };

        let chain: Vec<_> = (1..=100_000).map(span).collect();
        let lines = lines(&chain, |span| span.name.to_string());
        let expected = (0..100_000).map(|depth| (depth, "step".to_owned()));
        assert!(lines.iter().cloned().eq(expected));
        let shown = excerpt(&lines);
        assert!(shown.ends_with("step\n  … and 99800 more lines"), "{shown}");
    }
}

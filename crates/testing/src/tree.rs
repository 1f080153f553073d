//! Captured spans as lines of an indented tree, without ids and times.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::time::SystemTime;

use opentelemetry::SpanId;
use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::SpanData;

use crate::char_boundary::{CUT, beginning};
use floe_redact::printable;

/// The maximum number of lines in a failed assertion, and of characters of each.
const MOST_LINES: usize = 200;
const MOST_CHARACTERS: usize = 1_000;

/// The number of ancestors, and the description of a span or of several equal ones.
pub(super) type Line = (usize, String);

/// Describes the spans: parents before children, siblings in the order in which they started, and equal
/// siblings next to each other once. A span whose parent is missing is at the top.
pub(super) fn lines(spans: &[SpanData], describe: impl Fn(&SpanData) -> String) -> Vec<Line> {
    let known: HashSet<_> = spans.iter().map(id).collect();
    let mut children: HashMap<_, Vec<&SpanData>> = HashMap::new();
    for span in spans {
        let parent = Some(parent(span)).filter(|parent| known.contains(parent));
        children.entry(parent).or_default().push(span);
    }
    // Lists instead of recursion, because a trace may be deeper than the thread's stack.
    let mut parents_first = Vec::new();
    let mut open = vec![(None, 0)];
    while let Some((parent, depth)) = open.pop() {
        for span in children.remove(&parent).unwrap_or_default() {
            parents_first.push((parent, depth, span));
            open.push((Some(id(span)), depth + 1));
        }
    }
    let mut below: HashMap<_, Vec<Subtree>> = HashMap::new();
    for (parent, depth, span) in parents_first.into_iter().rev() {
        let mut lines = joined(below.remove(&Some(id(span))).unwrap_or_default());
        lines.push((depth, printable(&describe(span)).into_owned()));
        below.entry(parent).or_default().push(Subtree {
            start: span.start_time,
            end: span.end_time,
            group: 0,
            lines,
        });
    }
    let mut lines = joined(below.remove(&None).unwrap_or_default());
    lines.reverse();
    lines
}

/// Indents the lines by two spaces for each ancestor.
pub(super) fn text(lines: &[Line]) -> String {
    let lines = lines.iter().map(|(depth, text)| indented(*depth, text));
    lines.collect::<Vec<_>>().join("\n")
}

/// Like [`text`], but shortened, and one level deeper.
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

/// The id of a span, unique in all traces.
pub(super) fn id(span: &SpanData) -> (TraceId, SpanId) {
    (span.span_context.trace_id(), span.span_context.span_id())
}

pub(super) fn parent(span: &SpanData) -> (TraceId, SpanId) {
    (span.span_context.trace_id(), span.parent_span_id)
}

struct Subtree {
    start: SystemTime,
    end: SystemTime,
    /// The number of the group: siblings that overlap are in one group.
    group: usize,
    /// The lines, the last one first, so that the line of a parent is appended.
    lines: Vec<Line>,
}

/// Joins siblings; the last line is first.
fn joined(mut siblings: Vec<Subtree>) -> Vec<Line> {
    siblings.sort_by_key(|it| (it.start, it.end));
    let mut group = 0;
    let mut end = SystemTime::UNIX_EPOCH;
    for sibling in &mut siblings {
        if sibling.start >= end {
            group += 1;
        }
        sibling.group = group;
        end = end.max(sibling.end);
    }
    // The order in which overlapping spans start may differ from run to run.
    siblings.sort_by(|a, b| {
        let texts = || a.lines.iter().rev().cmp(b.lines.iter().rev());
        a.group.cmp(&b.group).then_with(texts)
    });
    let mut joined = Vec::new();
    let mut siblings = siblings.into_iter().rev().peekable();
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
    use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};

    use floe_telemetry_core::create_span;

    use super::*;

    #[test]
    fn a_trace_may_be_deeper_than_the_stack() {
        let spans = crate::capture(|| drop(create_span("step")));
        let span = |n: u64| {
            let (trace, flags) = (TraceId::from(1), TraceFlags::SAMPLED);
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

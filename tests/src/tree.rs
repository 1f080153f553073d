//! Renders spans as an indented tree of names.

use std::collections::{BTreeMap, BTreeSet};

use crate::ReceivedSpan;

/// Renders spans as trees of names, two spaces per level, without a newline at the end.
///
/// Siblings are ordered by their start times, and by their text where those are equal, so that
/// neither ids nor the order of arrival matter. Traces are separated by an empty line, the earliest
/// first.
///
/// Spans whose parent is not among `spans` are below a line `<absent parent>`, one per such parent: a span that lost its
/// parent does not look like a root. Spans that are their own ancestors are left out.
///
/// ```
/// # use floe_tests::{ReceivedSpan, tree};
/// let root = ReceivedSpan { span_id: "1".into(), name: "load".into(), ..Default::default() };
/// let child = ReceivedSpan {
///     parent_span_id: "1".into(),
///     span_id: "2".into(),
///     name: "read".into(),
///     ..Default::default()
/// };
/// assert_eq!(tree(&[child, root]), "load\n  read");
/// ```
pub fn tree(spans: &[ReceivedSpan]) -> String {
    let mut below = Below::new();
    for span in spans {
        below.entry((&span.trace_id, &span.parent_span_id)).or_default().push(span);
    }

    let present: BTreeSet<_> = spans.iter().map(|span| (&*span.trace_id, &*span.span_id)).collect();
    let ids: BTreeSet<_> = present.iter().map(|(trace, _)| *trace).collect();
    let traces = ids.into_iter().map(|trace| {
        let mut tops = rendered(&mut below, (trace, ""), 0);
        let parents: Vec<_> = below.keys().copied().collect();
        for parent in parents {
            if parent.0 == trace && !present.contains(&parent) {
                tops.push(joined("<absent parent>".to_owned(), rendered(&mut below, parent, 1)));
            }
        }

        tops.sort();
        let texts: Vec<_> = tops.iter().map(|(_, text)| &**text).collect();
        (tops.first().map(|(start, _)| *start), texts.join("\n"))
    });

    let mut traces: Vec<_> = traces.collect();
    traces.sort();
    traces.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n\n")
}

/// Maps a trace and a parent to the spans below the parent.
type Below<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a ReceivedSpan>>;

/// The start time and the text of a subtree.
type Rendered = (u64, String);

/// Renders the spans below a parent. Removes them, so that the recursion ends even if two have the same id.
fn rendered<'a>(below: &mut Below<'a>, parent: (&'a str, &'a str), level: usize) -> Vec<Rendered> {
    let children = below.remove(&parent).unwrap_or_default();
    let subtree = |span: &'a ReceivedSpan| {
        let name = format!("{:indent$}{}", "", span.name, indent = 2 * level);
        let id = (&*span.trace_id, &*span.span_id);
        (span.start_unix_nano, joined(name, rendered(below, id, level + 1)).1)
    };

    let mut children: Vec<_> = children.into_iter().map(subtree).collect();
    children.sort();
    children
}

/// Joins a parent with its children, and returns the text with the start time of the first child.
fn joined(mut text: String, children: Vec<Rendered>) -> Rendered {
    let start = children.first().map_or(0, |(start, _)| *start);
    for (_, child) in children {
        text.push('\n');
        text.push_str(&child);
    }

    (start, text)
}

//! Spans as an indented tree of names.

use std::collections::{BTreeMap, BTreeSet};

use crate::ReceivedSpan;

/// Replaces a parent that is not among the spans.
const ABSENT: &str = "<absent parent>";
/// Replaces the parent of spans that are only each other's, or their own, ancestors.
const CYCLE: &str = "<cycle>";

/// Renders spans as trees of names, two spaces per level, without a newline at the end.
///
/// Siblings are ordered by their start times, and by their text where those are equal, so that
/// neither ids nor the order of arrival matter. Traces are separated by an empty line, the earliest
/// first.
///
/// Every span is rendered exactly once. Spans whose parent is not among `spans` are below a line
/// `<absent parent>`, one per such parent: a span that lost its parent does not look like a root.
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
    let mut traces = BTreeMap::<&str, Vec<&ReceivedSpan>>::new();
    for span in spans {
        traces.entry(&span.trace_id).or_default().push(span);
    }
    let traces = traces.into_values().map(|spans| Trace::new(spans).render()).collect();
    sorted(traces).join("\n\n")
}

/// A rendered subtree with its start time. It sorts in the order of the rendering.
type Rendered = (u64, String);

fn sorted(mut rendered: Vec<Rendered>) -> Vec<String> {
    rendered.sort();
    rendered.into_iter().map(|(_, text)| text).collect()
}

/// Each span is removed when it is rendered.
struct Trace<'a> {
    /// Indices of the spans that are not rendered yet, by the id of their parent.
    children: BTreeMap<&'a str, Vec<usize>>,
    spans: Vec<&'a ReceivedSpan>,
}

impl<'a> Trace<'a> {
    fn new(spans: Vec<&'a ReceivedSpan>) -> Self {
        let mut children = BTreeMap::<&str, Vec<usize>>::new();
        for (index, span) in spans.iter().enumerate() {
            children.entry(&span.parent_span_id).or_default().push(index);
        }
        Self { children, spans }
    }

    fn render(mut self) -> Rendered {
        let mut tops = self.below("", 0);
        let present: BTreeSet<&str> = self.spans.iter().map(|span| &*span.span_id).collect();
        let absent: Vec<&str> =
            self.children.keys().copied().filter(|parent| !present.contains(parent)).collect();
        for parent in absent {
            let children = self.below(parent, 1);
            tops.push(under(ABSENT, children));
        }
        // Spans that are not reachable from a root. Names alone, flat: a cycle has no order to
        // indent by.
        let rest: Vec<Rendered> = std::mem::take(&mut self.children)
            .into_values()
            .flatten()
            .map(|index| (self.spans[index].start_unix_nano, line(&self.spans[index].name, 1)))
            .collect();
        if !rest.is_empty() {
            tops.push(under(CYCLE, rest));
        }
        let start = earliest(&tops);
        (start, sorted(tops).join("\n"))
    }

    /// Renders the children of `parent` at depth `level`. Removing them from the map ends the
    /// recursion even if a span is its own ancestor or an id was sent twice.
    fn below(&mut self, parent: &str, level: usize) -> Vec<Rendered> {
        let children = self.children.remove(parent).unwrap_or_default();
        children
            .into_iter()
            .map(|index| {
                let span = self.spans[index];
                let mut lines = vec![line(&span.name, level)];
                lines.extend(sorted(self.below(&span.span_id, level + 1)));
                (span.start_unix_nano, lines.join("\n"))
            })
            .collect()
    }
}

/// The parent starts with its first child.
fn under(heading: &str, children: Vec<Rendered>) -> Rendered {
    let start = earliest(&children);
    let mut lines = vec![heading.to_owned()];
    lines.extend(sorted(children));
    (start, lines.join("\n"))
}

fn earliest(rendered: &[Rendered]) -> u64 {
    rendered.iter().map(|(start, _)| *start).min().unwrap_or_default()
}

fn line(name: &str, level: usize) -> String {
    format!("{:indent$}{name}", "", indent = 2 * level)
}

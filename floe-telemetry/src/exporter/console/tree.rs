//! The spans of a trace in the depth-first order of their tree.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use opentelemetry::SpanId;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

/// What a row of the drawing stands for.
pub(super) enum Item<'a> {
    Span(&'a SpanData),
    /// Siblings that are not drawn, nor what is below them.
    Folded(Vec<&'a SpanData>),
}

/// A row and its position in the tree.
pub(super) struct Row<'a> {
    pub(super) item: Item<'a>,
    /// For each level from the top, whether this row's ancestor (or the row itself) is the last of
    /// its siblings. Empty for a top row.
    pub(super) last: Vec<bool>,
}

/// Whether the span has no parent in this process.
pub(super) fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote
}

/// The first rows of a trace, at most `max`: parents before children, siblings by start time. A span whose
/// parent is missing is a top row. With `fold`, only what [`Shown`] selects has a row of its own.
pub(super) fn rows(spans: &[SpanData], max: usize, fold: bool) -> Vec<Row<'_>> {
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
    let shown = fold.then(|| Shown::new(spans, &children));
    let mut rows = Vec::new();
    // An explicit stack instead of recursion, because a trace may be deeper than the thread's stack.
    let mut children_of = |parent: SpanId, above: Option<&[bool]>| {
        let siblings = children.remove(&parent).unwrap_or_default();
        let items = match &shown {
            Some(shown) => shown.fold(siblings),
            None => siblings.into_iter().map(Item::Span).collect(),
        };
        // The last one first, so that the first one is popped first.
        let rows = items.into_iter().rev().enumerate();
        rows.map(|(from_end, item)| Row {
            item,
            last: above.map_or_else(Vec::new, |above| [above, &[from_end == 0]].concat()),
        })
        .collect::<Vec<_>>()
    };
    let mut open = children_of(SpanId::INVALID, None);
    // The memory of a row grows with its depth.
    while rows.len() < max
        && let Some(row) = open.pop()
    {
        if let Item::Span(span) = row.item {
            open.extend(children_of(span.span_context.span_id(), Some(&row.last)));
        }
        rows.push(row);
    }
    rows
}

/// The spans of a trace that are drawn if it is folded.
struct Shown {
    /// Those that failed, the longest span below each of them from a top row down, and their ancestors.
    always: HashSet<SpanId>,
    /// The least duration of any other, of which one is drawn for each name among siblings.
    least: Duration,
}

impl Shown {
    fn new(spans: &[SpanData], children: &HashMap<SpanId, Vec<&SpanData>>) -> Self {
        let start = spans.iter().map(|span| span.start_time).min();
        let end = spans.iter().map(|span| span.end_time).max();
        let length = start.zip(end).map(|(start, end)| end.duration_since(start));
        let length = length.and_then(Result::ok).unwrap_or_default();
        let parents: HashMap<SpanId, SpanId> = spans
            .iter()
            .map(|span| (span.span_context.span_id(), span.parent_span_id))
            .collect();
        let failed = spans
            .iter()
            .filter(|span| matches!(span.status, Status::Error { .. }));
        let mut always = HashSet::new();
        for span in failed {
            let mut id = span.span_context.span_id();
            while always.insert(id)
                && let Some(parent) = parents.get(&id)
            {
                id = *parent;
            }
        }
        let mut parent = SpanId::INVALID;
        // At most one step for each span, because a repeated id makes a circle.
        for _ in spans {
            let below = children.get(&parent).into_iter().flatten();
            let Some(longest) = below.max_by_key(|span| took(span)) else {
                break;
            };
            parent = longest.span_context.span_id();
            always.insert(parent);
        }
        Self {
            always,
            least: length / 10,
        }
    }

    /// The rows of siblings: those that are drawn, and one for all others.
    fn fold<'a>(&self, siblings: Vec<&'a SpanData>) -> Vec<Item<'a>> {
        let always = |span: &SpanData| self.always.contains(&span.span_context.span_id());
        let mut longest: HashMap<&str, &SpanData> = HashMap::new();
        for span in siblings.iter().filter(|span| took(span) >= self.least) {
            let known = longest.entry(&span.name).or_insert(span);
            if !always(known) && (always(span) || took(span) > took(known)) {
                *known = span;
            }
        }
        let is_longest = |span: &SpanData| {
            let longest = longest.get(&*span.name);
            longest.is_some_and(|it| it.span_context.span_id() == span.span_context.span_id())
        };
        let (drawn, folded): (Vec<_>, Vec<_>) = siblings
            .into_iter()
            .partition(|span| always(span) || is_longest(span));
        let mut items: Vec<_> = drawn.into_iter().map(Item::Span).collect();
        match &*folded {
            [] => {}
            [one] => items.push(Item::Span(one)),
            _ => items.push(Item::Folded(folded)),
        }
        items
    }
}

/// The duration of a span.
pub(super) fn took(span: &SpanData) -> Duration {
    let took = span.end_time.duration_since(span.start_time);
    took.unwrap_or_default()
}

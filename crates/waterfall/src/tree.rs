//! The relations of spans, and their texts in a drawing.

use std::borrow::Cow;
use std::hash::Hash;
use std::iter::successors;

use rustc_hash::FxHashMap;

/// The spans of one or more traces with their times and parents. Spans are identified by an index.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    times: Vec<(u64, u64)>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
}

impl Tree {
    /// Builds the tree of spans with these times and parents. Times are in nanoseconds since 1970; 0 means unknown. The
    /// earliest span of each circle of parents becomes a root.
    pub fn new(times: Vec<(u64, u64)>, mut parents: Vec<Option<usize>>) -> Self {
        cut_circles(&times, &mut parents);
        let mut children = vec![Vec::new(); times.len()];
        let mut roots = Vec::new();
        let mut by_start: Vec<usize> = (0..times.len()).collect();
        by_start.sort_by_key(|span| times[*span].0);
        for span in by_start {
            let siblings = parents[span].map_or(&mut roots, |parent| &mut children[parent]);
            siblings.push(span);
        }

        Self { times, parents, children, roots }
    }

    /// Builds the tree of spans. `of` returns the id of a span, its parent's id and its times. Of spans with the same id,
    /// the first one has the children. A span whose parent is unknown is a root.
    pub fn by_ids<S, I: Eq + Hash>(spans: &[S], of: impl Fn(&S) -> (I, I, (u64, u64))) -> Self {
        let ids = spans.iter().enumerate().rev().map(|(index, span)| (of(span).0, index));
        let indices: FxHashMap<_, _> = ids.collect();
        let found = spans.iter().map(|span| {
            let (_, parent, times) = of(span);
            (times, indices.get(&parent).copied())
        });
        let (times, parents) = found.unzip();
        // Before the tree needs more memory.
        drop(indices);
        Self::new(times, parents)
    }

    /// Returns the start of a span, in nanoseconds since 1970.
    pub fn start(&self, span: usize) -> u64 {
        self.times[span].0
    }

    /// Returns the end of a span, in nanoseconds since 1970.
    pub fn end(&self, span: usize) -> u64 {
        self.times[span].1
    }

    /// Returns the duration of a span, in nanoseconds.
    pub fn duration(&self, span: usize) -> u64 {
        self.end(span).saturating_sub(self.start(span))
    }

    /// Returns the parent of a span.
    pub fn parent(&self, span: usize) -> Option<usize> {
        self.parents[span]
    }

    /// Returns the children of a span, sorted by start.
    pub fn children(&self, span: usize) -> &[usize] {
        &self.children[span]
    }

    /// Returns the spans without a parent, sorted by start.
    pub fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// Returns spans and their descendants, parents before children, siblings sorted by start.
    pub fn below(&self, spans: &[usize]) -> impl Iterator<Item = usize> + use<'_> {
        // An explicit stack replaces recursion, because a trace may be deeper than the stack of a thread.
        let mut open: Vec<usize> = spans.iter().rev().copied().collect();
        std::iter::from_fn(move || {
            let next = open.pop()?;
            open.extend(self.children(next).iter().rev());
            Some(next)
        })
    }

    /// Returns the periods of a span in which no child ran, each as its start and end.
    pub fn uncovered(&self, span: usize) -> impl Iterator<Item = (u64, u64)> {
        let (mut until, end) = self.times[span];
        let children = self.children(span).iter().map(|child| self.times[*child]);

        children.chain([(end, end)]).filter_map(move |(from, to)| {
            let gap = (until, from.min(end));
            until = until.max(to);
            (gap.0 < gap.1).then_some(gap)
        })
    }
}

fn cut_circles(times: &[(u64, u64)], parents: &mut [Option<usize>]) {
    // The number of the walk that reached each span, from 1; 0 if none has.
    let mut reached = vec![0_usize; times.len()];
    for from in 0..times.len() {
        let mut at = Some(from);
        while let Some(span) = at
            && reached[span] == 0
        {
            reached[span] = from + 1;
            at = parents[span];
        }

        // A walk that returns to one of its own spans has found a circle.
        if let Some(at) = at.filter(|span| reached[*span] == from + 1) {
            let circle = successors(Some(at), |span| parents[*span].filter(|next| *next != at));
            let earliest = circle.min_by_key(|span| times[*span].0).unwrap_or(at);
            parents[earliest] = None;
        }
    }
}

/// The texts of spans, by the index of the span.
///
/// Control characters would be printed as they are, so the texts must not contain any.
pub trait Labels {
    /// Returns the name of a span.
    fn name(&self, span: usize) -> Cow<'_, str>;

    /// Returns how a span ended.
    fn mark(&self, span: usize) -> Mark;

    /// Returns the message of a failed span.
    fn message(&self, span: usize) -> Cow<'_, str>;

    /// Returns the text beside the name, such as a status code or the host of a call: see [`beside`](crate::beside).
    fn beside(&self, span: usize) -> String;

    /// Returns the place of a span in the source code, printed below the message of a failed span: see
    /// [`place`](crate::place). Default: empty.
    fn place(&self, _span: usize) -> String {
        String::new()
    }

    /// Returns the attributes to print below a span: see [`attribute`](crate::attribute). Default: none.
    fn attributes(&self, _span: usize) -> Vec<String> {
        Vec::new()
    }

    /// Returns the service of a span. Default: empty.
    fn service(&self, _span: usize) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    /// Whether a span failed.
    fn is_failed(&self, span: usize) -> bool {
        self.mark(span) == Mark::Failed
    }
}

/// The status of an ended span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The span has no status.
    Unset,
    /// The program declared success.
    Ok,
    /// The span failed.
    Failed,
    /// The operation was cancelled before its end.
    Cancelled,
    /// The operation was not performed.
    Skipped,
}

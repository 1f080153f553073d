//! The spans of a recording as trees, one or more for each trace.

use floe_waterfall::Tree;
use itertools::Itertools as _;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::span::{Kind, Note, Recording, Span, TraceId};

/// The trees of a recording. Spans are identified by their index in [`Recording::spans`].
#[derive(Clone, Debug)]
pub struct Forest<'a> {
    recording: &'a Recording,
    traces: Vec<Trace>,
    tree: Tree,
    self_times: Vec<u64>,
    notes: Vec<Note>,
}

/// A trace with its spans and roots.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Trace {
    /// The id.
    pub id: TraceId,
    /// The indices of the spans, sorted by their starts.
    pub spans: Vec<usize>,
    /// The indices of the roots, sorted by their starts.
    pub roots: Vec<usize>,
    /// The start of the first span, in nanoseconds since 1970.
    pub start: u64,
    /// The end of the last span, in nanoseconds since 1970.
    pub end: u64,
    /// The number of failed spans.
    pub errors: usize,
}

impl Trace {
    /// Returns the duration of the trace, in nanoseconds.
    #[must_use]
    pub const fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

impl<'a> Forest<'a> {
    /// Builds the trees of a recording.
    ///
    /// A span whose parent was not read is a root. Of a cycle of parents, the earliest span is a root. If several spans
    /// have the same id, the first one gets the children.
    #[must_use]
    pub fn new(recording: &'a Recording) -> Self {
        let spans = &recording.spans;
        let tree = Tree::by_ids(spans, |it| {
            let parent = (it.trace, it.parent);
            ((it.trace, Some(it.id)), parent, (it.start, it.end))
        });
        let mut known = FxHashSet::with_capacity_and_hasher(spans.len(), FxBuildHasher);
        let is_repeated = |at: &usize| !known.insert((spans[*at].trace, spans[*at].id));
        let repeated = (0..spans.len()).filter(is_repeated).collect_vec();
        // A span that names itself as its parent is a root.
        let has_lost = |at: usize, is_known: bool| {
            let Span { trace, id, parent, .. } = spans[at];
            let is_lost = |it| it != id && known.contains(&(trace, it)) == is_known;
            tree.parent(at).is_none() && parent.is_some_and(is_lost)
        };
        let is_missing = |at: &usize| has_lost(*at, false) && spans[*at].kind == Kind::Internal;
        let is_in_circle = |at: &usize| has_lost(*at, true);
        let notes = [
            (
                cut_ids(spans),
                "this trace id is cut to 64 bits; spans of another trace, whose id ends with it, belong to the same request",
            ),
            (repeated, "this span id was read before in the trace; both spans are shown"),
            ((0..spans.len()).filter(is_missing).collect(), "the parent of this span was not read"),
            (
                (0..spans.len()).filter(is_in_circle).collect(),
                "expected the parents of each span to lead to a root, found a cycle of parents; this span, its earliest one, is shown as a root",
            ),
        ];
        let notes = notes.into_iter().filter_map(|(found, message)| {
            let first = &spans[*found.first()?];
            Some(Note::of_span(first, message.to_owned(), found.len()))
        });
        let notes = notes.collect();
        drop(known);
        let own = |span| tree.uncovered(span).map(|(from, to)| to - from).sum();
        let self_times = (0..spans.len()).map(own).collect();
        Self { recording, traces: traces(spans, &tree), tree, self_times, notes }
    }

    /// Returns the recording.
    #[must_use]
    pub const fn recording(&self) -> &'a Recording {
        self.recording
    }

    /// Returns the traces, sorted by their starts.
    #[must_use]
    pub fn traces(&self) -> &[Trace] {
        &self.traces
    }

    /// Returns notes about the relations of spans, in addition to [`Recording::notes`].
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns a span.
    ///
    /// # Panics
    /// If there is no span with this index.
    #[must_use]
    pub fn span(&self, span: usize) -> &'a Span {
        &self.recording.spans[span]
    }

    /// Returns the place of a span in the source code.
    pub(crate) fn place(&self, span: usize) -> String {
        floe_waterfall::place(|key| self.span(span).attribute(key).map(ToString::to_string))
    }

    /// Returns the times and relations of the spans.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the self time of a span: the time during which none of its children ran, in nanoseconds.
    #[must_use]
    pub fn self_time(&self, span: usize) -> u64 {
        self.self_times.get(span).copied().unwrap_or_default()
    }
}

/// Returns a span of each trace whose id is the second half of the id of another trace.
fn cut_ids(spans: &[Span]) -> Vec<usize> {
    let half = |id: TraceId| id.0 & u128::from(u64::MAX);
    let long = spans.iter().map(|it| it.trace).filter(|it| half(*it) != it.0);
    let long: FxHashSet<u128> = long.map(half).collect();
    let mut known = FxHashSet::default();
    let is_cut = |span: &usize| {
        let id = spans[*span].trace;
        long.contains(&id.0) && known.insert(id)
    };
    (0..spans.len()).filter(is_cut).collect()
}

fn traces(spans: &[Span], tree: &Tree) -> Vec<Trace> {
    let mut traces: Vec<Trace> = Vec::new();
    let mut by_id: FxHashMap<TraceId, usize> = FxHashMap::default();
    for (index, span) in spans.iter().enumerate() {
        let at = *by_id.entry(span.trace).or_insert_with(|| {
            traces.push(Trace { id: span.trace, start: u64::MAX, ..Trace::default() });
            traces.len() - 1
        });
        let trace = &mut traces[at];
        trace.spans.push(index);
        if tree.parent(index).is_none() {
            trace.roots.push(index);
        }
        // A span without times says nothing about the times of its trace.
        if span.end > 0 {
            trace.start = trace.start.min(span.start);
            trace.end = trace.end.max(span.end);
        }
        trace.errors += usize::from(span.is_failure());
    }
    for trace in &mut traces {
        trace.start = trace.start.min(trace.end);
        trace.spans.sort_by_key(|span| spans[*span].start);
        trace.roots.sort_by_key(|span| spans[*span].start);
    }
    traces.sort_by_key(|trace| trace.start);
    traces
}

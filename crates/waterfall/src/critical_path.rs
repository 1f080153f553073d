//! The spans that determine how long a trace took.

use rustc_hash::FxHashMap;

use crate::tree::{Tree, below};

/// A part of the critical path, from `from` to `to`, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Step {
    /// The index of the span.
    pub span: usize,
    /// When the part begins.
    pub from: u64,
    /// When the part ends.
    pub to: u64,
    /// Whether the time passed before the span started, after the span that caused it had ended, as in a queue.
    /// Otherwise, it was spent in the span itself.
    pub is_wait: bool,
}

/// What is left to do: a time that no child of a span explains, or all that is below a span between two times. Without a
/// span, it is that of the trace.
struct Task {
    span: Option<usize>,
    from: u64,
    to: u64,
    is_own: bool,
}

/// Returns the critical path of a trace with these roots, by time: who shortens one of its steps shortens the trace.
///
/// From the end of a span backwards, the child that ended last is what the span waited for; before that child started, it
/// is the child that had ended last until then, and so on. A child that runs on after its parent has ended is followed to
/// its own end, so that the steps add up to the time from the first start in the trace to its last end.
#[must_use]
pub fn critical_path(tree: &impl Tree, roots: &[usize]) -> Vec<Step> {
    let extents = Extents::new(tree, roots);
    let (from, to) = extents.all;
    let mut steps = Vec::new();
    // An explicit stack instead of recursion, because a trace may be deeper than the thread's stack.
    let mut tasks = vec![Task {
        span: None,
        from,
        to,
        is_own: false,
    }];
    while let Some(task) = tasks.pop() {
        if task.is_own {
            add(&mut steps, &extents, &task);
        } else {
            let parts = parts(&extents, roots, &task);
            tasks.extend(parts.into_iter().rev());
        }
    }
    steps.reverse();
    steps
}

/// The parts of a task from its end on.
fn parts<T: Tree>(extents: &Extents<'_, T>, roots: &[usize], task: &Task) -> Vec<Task> {
    let tree = extents.tree;
    let Task { span, from, to, .. } = *task;
    let (own_start, own_end) = span.map_or((0, 0), |span| (tree.start(span), tree.end(span)));
    let children = span.map_or(roots, |span| tree.children(span));
    // Who did not wait for what runs on below a child may have waited for the child itself.
    let ends = children.iter().flat_map(|child| {
        let (first, last) = extents.of(*child);
        [last, extents.own(*child).1].map(|end| (end, first.max(from), *child))
    });
    let mut ends: Vec<_> = ends.filter(|(end, start, _)| start < end).collect();
    ends.sort_unstable();
    let mut parts = Vec::new();
    let mut at = to;
    while let Some((end, start, child)) = ends.pop() {
        // A span does not wait for a child that is still running. When it has ended, that child is all that is known.
        let is_running = end > at;
        if is_running && (start >= at || own_start < at && at <= own_end) {
            continue;
        }
        let end = end.min(at);
        let part = |span, from, to, is_own| Task {
            span,
            from,
            to,
            is_own,
        };
        parts.push(part(span, end, at, true));
        parts.push(part(Some(child), start, end, false));
        at = start;
    }
    parts.push(Task {
        to: at,
        is_own: true,
        ..*task
    });
    parts
}

/// Adds the steps of a time that no child explains, from its end on: it is a wait where the span itself did not run.
fn add<T: Tree>(steps: &mut Vec<Step>, extents: &Extents<'_, T>, task: &Task) {
    let (start, end) = task.span.map_or((task.to, task.to), |span| {
        let time = |time: u64| time.clamp(task.from, task.to);
        let (start, end) = (extents.tree.start(span), extents.end(span));
        (time(start), time(end))
    });
    for (from, to, is_own) in [
        (end, task.to, false),
        (start, end, true),
        (task.from, start, false),
    ] {
        if from >= to {
            continue;
        }
        let span = match (task.span, steps.last_mut()) {
            (Some(span), _) if is_own => span,
            (_, Some(next)) if next.is_wait => {
                next.from = from;
                continue;
            }
            (_, next) => next.map_or(extents.last, |next| next.span),
        };
        steps.push(Step {
            span,
            from,
            to,
            is_wait: !is_own,
        });
    }
}

/// The first start and the last end of nothing.
const NEVER: (u64, u64) = (u64::MAX, 0);

fn union(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0.min(other.0), one.1.max(other.1))
}

/// The first start and the last end of each span and all that is below it.
struct Extents<'a, T> {
    tree: &'a T,
    /// Those of the trace, and the span that ended last.
    all: (u64, u64),
    last: usize,
    /// Those of spans that are shorter than what is below them.
    wider: FxHashMap<usize, (u64, u64)>,
}

impl<'a, T: Tree> Extents<'a, T> {
    fn new(tree: &'a T, roots: &[usize]) -> Self {
        let mut extents = Self {
            tree,
            all: (0, 0),
            last: 0,
            wider: FxHashMap::default(),
        };
        let spans: Vec<usize> = below(tree, roots).collect();
        // A span without times says nothing about those of its trace.
        let timed = || spans.iter().filter(|span| tree.end(**span) > 0);
        let start = timed().map(|span| tree.start(*span)).min();
        if let Some((last, start)) = timed().max_by_key(|span| extents.end(**span)).zip(start) {
            extents.all = (start, extents.end(*last));
            extents.last = *last;
        }
        for span in spans.iter().rev() {
            if let Some(parent) = tree.parent(*span) {
                let known = extents.of(parent);
                let all = union(known, extents.of(*span));
                if all != known {
                    extents.wider.insert(parent, all);
                }
            }
        }
        extents
    }

    fn end(&self, span: usize) -> u64 {
        self.tree.end(span).max(self.tree.start(span))
    }

    /// Those of a span alone. Nobody waits for a moment.
    fn own(&self, span: usize) -> (u64, u64) {
        let (start, end) = (self.tree.start(span), self.end(span));
        if start < end { (start, end) } else { NEVER }
    }

    fn of(&self, span: usize) -> (u64, u64) {
        let wider = self.wider.get(&span).copied();
        wider.unwrap_or_else(|| self.own(span))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::tree::Mark;

    /// Spans with their parent, start and end, and the children of each.
    struct Spans(Vec<(Option<usize>, u64, u64)>, Vec<Vec<usize>>);

    impl Spans {
        fn new(spans: &[(Option<usize>, u64, u64)]) -> Self {
            let of = |parent: usize| {
                let all = 0..spans.len();
                let mut children: Vec<usize> =
                    all.filter(|it| spans[*it].0 == Some(parent)).collect();
                children.sort_by_key(|child| spans[*child].1);
                children
            };
            Self(spans.to_vec(), (0..spans.len()).map(of).collect())
        }

        fn path(&self) -> Vec<Step> {
            let all = 0..self.0.len();
            let roots: Vec<usize> = all.filter(|it| self.0[*it].0.is_none()).collect();
            critical_path(self, &roots)
        }

        /// The path as text: a span with its time, and in brackets what it waited for.
        fn text(&self) -> String {
            let step = |step: Step| {
                let text = format!("{} {}-{}", step.span, step.from, step.to);
                if step.is_wait {
                    format!("[{text}]")
                } else {
                    text
                }
            };
            let steps: Vec<String> = self.path().into_iter().map(step).collect();
            steps.join(", ")
        }
    }

    impl Tree for Spans {
        fn start(&self, span: usize) -> u64 {
            self.0[span].1
        }
        fn end(&self, span: usize) -> u64 {
            self.0[span].2
        }
        fn parent(&self, span: usize) -> Option<usize> {
            self.0[span].0
        }
        fn children(&self, span: usize) -> &[usize] {
            &self.1[span]
        }
        fn name(&self, _: usize) -> Cow<'_, str> {
            Cow::Borrowed("")
        }
        fn mark(&self, _: usize) -> Mark {
            Mark::Unset
        }
        fn message(&self, _: usize) -> Cow<'_, str> {
            Cow::Borrowed("")
        }
        fn beside(&self, _: usize) -> String {
            String::new()
        }
    }

    #[test]
    fn what_each_shape_of_a_trace_waits_for() {
        for (shape, spans, path) in [
            (
                "calls that touch each other",
                &[(None, 10, 50), (Some(0), 10, 30), (Some(0), 30, 50)][..],
                "1 10-30, 2 30-50",
            ),
            (
                "a call that the span does not wait for",
                &[(None, 10, 50), (Some(0), 15, 45), (Some(0), 30, 50)],
                "0 10-30, 2 30-50",
            ),
            (
                "a message in a queue",
                &[(None, 10, 20), (Some(0), 14, 17), (Some(1), 60, 90)],
                "0 10-14, 1 14-17, [2 17-60], 2 60-90",
            ),
            (
                "a task that runs on",
                &[(None, 10, 50), (Some(0), 20, 90), (Some(0), 30, 45)],
                "0 10-20, 1 20-90",
            ),
            (
                "a task of a call, which the root waits for",
                &[(None, 10, 90), (Some(0), 10, 20), (Some(1), 15, 80)],
                "1 10-15, 2 15-80, 0 80-90",
            ),
            (
                "a task of a call, which nobody waits for",
                &[
                    (None, 10, 90),
                    (Some(0), 10, 40),
                    (Some(1), 15, 60),
                    (Some(0), 40, 90),
                ],
                "1 10-40, 3 40-90",
            ),
            (
                "two roots",
                &[(None, 10, 50), (None, 70, 90)],
                "0 10-50, [1 50-70], 1 70-90",
            ),
            (
                "two roots at once",
                &[(None, 10, 80), (None, 70, 90)],
                "0 10-70, 1 70-90",
            ),
            (
                "a child that starts before its parent",
                &[(None, 50, 70), (Some(0), 10, 40)],
                "1 10-40, [0 40-50], 0 50-70",
            ),
            (
                "spans without a length",
                &[(None, 10, 10), (Some(0), 10, 10), (Some(1), 30, 30)],
                "[2 10-30]",
            ),
            (
                "spans without times",
                &[(None, 0, 0), (Some(0), 10, 30)],
                "1 10-30",
            ),
            ("no spans", &[], ""),
        ] {
            assert_eq!(Spans::new(spans).text(), path, "{shape}");
        }
    }

    /// Whatever the spans are, each moment of the trace is in one step.
    #[test]
    fn the_steps_of_any_trace_are_its_duration() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..5_000 {
            let count = 1 + usize::try_from(random(12)).expect("a count");
            let mut spans: Vec<(Option<usize>, u64, u64)> = Vec::new();
            for at in 0..count {
                let parent = usize::try_from(random(at as u64 + 1)).expect("an index");
                let start = 1 + random(30);
                spans.push(((parent < at).then_some(parent), start, start + random(20)));
            }
            let start = spans.iter().map(|span| span.1).min();
            let end = spans.iter().map(|span| span.2).max();
            let spans = Spans::new(&spans);
            let mut at = start;
            for step in spans.path() {
                assert_eq!(Some(step.from), at, "{:?}: {}", spans.0, spans.text());
                assert!(step.from < step.to);
                let (_, start, end) = spans.0[step.span];
                let is_within = start <= step.from && step.to <= end;
                assert_ne!(is_within, step.is_wait, "{:?}: {}", spans.0, spans.text());
                at = Some(step.to);
            }
            assert_eq!(at, end, "{:?}: {}", spans.0, spans.text());
        }
    }
}

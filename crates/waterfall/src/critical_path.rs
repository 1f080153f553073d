//! The spans that determine the duration of a trace.

use rustc_hash::FxHashMap;

use crate::tree::Tree;

/// A part of the critical path, from `from` to `to`, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The index of the span.
    pub span: usize,
    /// The start of the part.
    pub from: u64,
    /// The end of the part.
    pub to: u64,
    /// Whether the step is a wait before the start of the span, as in a queue. Otherwise the time was spent in the span
    /// itself.
    pub is_wait: bool,
}

/// For each span, the first start and the last end of itself and its descendants.
type Extents = FxHashMap<usize, (u64, u64)>;

/// A period to divide into steps: a gap between the children of a span if `is_own`, else the time of a span and its
/// descendants. Instead of a span, `None` stands for the trace, whose children are the roots.
#[derive(Clone, Copy)]
struct Task {
    span: Option<usize>,
    is_own: bool,
    from: u64,
    to: u64,
}

impl Task {
    const fn new(span: Option<usize>, is_own: bool, from: u64, to: u64) -> Self {
        Self { span, is_own, from, to }
    }
}

/// Returns the critical path of a trace with these roots, sorted by time: the steps that determine the duration of the
/// trace.
///
/// From its end backwards, a span waited for the child that ended last; before the start of this child, it waited for
/// the last child that had ended by then, and so on. A child that outlasts its parent may be followed beyond the
/// parent's end, so that the steps add up to the time from the first start in the trace to the last end.
pub fn critical_path(tree: &Tree, roots: &[usize]) -> Vec<Step> {
    let spans: Vec<usize> = tree.below(roots).collect();
    // Spans without times do not affect the start and the end of the trace.
    let timed = || spans.iter().copied().filter(|span| tree.end(*span) > 0);
    let Some(last) = timed().max_by_key(|span| times(tree, *span).1) else {
        return Vec::new();
    };

    let extents = extents(tree, &spans);
    let mut steps: Vec<Step> = Vec::new();
    // An explicit stack replaces recursion, because a trace may be deeper than the stack of a thread.
    let from = timed().map(|span| tree.start(span)).min().unwrap_or(0);
    let mut tasks = vec![Task::new(None, false, from, times(tree, last).1)];
    while let Some(task) = tasks.pop() {
        if !task.is_own {
            let parts = parts(tree, &extents, roots, task);
            tasks.extend(parts.into_iter().rev());
            continue;
        }

        let Task { span, from, to, .. } = task;
        let own = span.map_or((to, to), |span| times(tree, span));
        let start = own.0.clamp(from, to);
        let end = own.1.clamp(from, to);

        // Where the span itself did not run, the trace waited for the next step.
        for (is_wait, from, to) in [(true, end, to), (false, start, end), (true, from, start)] {
            let next = steps.last().map_or(last, |step| step.span);
            let span = span.filter(|_| !is_wait).unwrap_or(next);
            let step = Step { span, from, to, is_wait };
            match steps.last_mut() {
                _ if from == to => {}
                Some(next) if next.is_wait && is_wait => next.from = from,
                _ => steps.push(step),
            }
        }
    }

    steps.reverse();
    steps
}

/// Returns the parts of a task, from its end backwards.
fn parts(tree: &Tree, extents: &Extents, roots: &[usize], task: Task) -> Vec<Task> {
    let (start, end) = task.span.map_or((0, 0), |span| times(tree, span));
    let children = task.span.map_or(roots, |span| tree.children(span));
    let mut ends: Vec<(u64, u64, usize)> = Vec::new();
    for child in children {
        let (first, last) = extents.get(child).copied().unwrap_or(NEVER);
        // A span that did not wait for the descendants of a child may have waited for the child itself. No span waits
        // for a child without a length.
        let (_, end) = own(tree, *child);
        let from = first.max(task.from);
        ends.extend([last, end].map(|end| (end, from, *child)));
    }

    ends.sort_unstable();
    let mut parts = Vec::new();
    let mut at = task.to;
    while let Some((until, from, child)) = ends.pop() {
        // While a span ran, it did not wait for a child that was still running, unless the clocks are only rounded. After
        // the end of the span, only such a child explains the time.
        let rounded = (end - start) / ROUNDED;
        let is_running = until > at.saturating_add(rounded) && start < at && at <= end;
        let to = until.min(at);
        if is_running || from >= to {
            continue;
        }

        parts.push(Task::new(task.span, true, to, at));
        parts.push(Task::new(Some(child), false, from, to));
        at = from;
    }

    parts.push(Task::new(task.span, true, task.from, at));
    parts
}

/// Children overlap by rounding if they do for at most the duration of their parent divided by this.
const ROUNDED: u64 = 100;
/// The extent of an empty set of spans.
const NEVER: (u64, u64) = (u64::MAX, 0);

fn times(tree: &Tree, span: usize) -> (u64, u64) {
    let start = tree.start(span);
    (start, tree.end(span).max(start))
}

/// Returns the extent of a span itself, or `NEVER` if the span has no length.
fn own(tree: &Tree, span: usize) -> (u64, u64) {
    let (start, end) = times(tree, span);
    if start < end { (start, end) } else { NEVER }
}

fn extents(tree: &Tree, spans: &[usize]) -> Extents {
    let mut extents = Extents::default();
    for span in spans.iter().rev() {
        let below = extents.get(span).copied().unwrap_or(NEVER);
        let all = union(below, own(tree, *span));
        extents.insert(*span, all);
        if let Some(parent) = tree.parent(*span) {
            let above = extents.entry(parent).or_insert(NEVER);
            *above = union(*above, all);
        }
    }
    extents
}

fn union(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0.min(other.0), one.1.max(other.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the critical path of spans, each given by its parent, start and end, and the path as text: the span of
    /// each step with its time, in brackets for a wait.
    fn path(spans: &[(Option<usize>, u64, u64)]) -> (Vec<Step>, String) {
        let times = spans.iter().map(|span| (span.1, span.2)).collect();
        let tree = Tree::new(times, spans.iter().map(|span| span.0).collect());
        let path = critical_path(&tree, tree.roots());
        let step = |step: &Step| {
            let text = format!("{} {}-{}", step.span, step.from, step.to);
            if step.is_wait { format!("[{text}]") } else { text }
        };

        let text: Vec<String> = path.iter().map(step).collect();
        (path, text.join(", "))
    }

    #[test]
    fn each_shape_of_a_trace_has_its_waits() {
        for (shape, spans, expected) in [
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
                "a task that a call starts and the root waits for",
                &[(None, 10, 90), (Some(0), 10, 20), (Some(1), 15, 80)],
                "1 10-15, 2 15-80, 0 80-90",
            ),
            (
                "a task that a call starts and no span waits for",
                &[(None, 10, 90), (Some(0), 10, 40), (Some(1), 15, 60), (Some(0), 40, 90)],
                "1 10-40, 3 40-90",
            ),
            (
                "calls that overlap by a unit of the clock",
                &[(None, 0, 1000), (Some(0), 0, 501), (Some(0), 500, 1000)],
                "1 0-500, 2 500-1000",
            ),
            ("two roots", &[(None, 10, 50), (None, 70, 90)], "0 10-50, [1 50-70], 1 70-90"),
            ("two roots at once", &[(None, 10, 80), (None, 70, 90)], "0 10-70, 1 70-90"),
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
            ("spans without times", &[(None, 0, 0), (Some(0), 10, 30)], "1 10-30"),
            ("no spans", &[], ""),
        ] {
            assert_eq!(path(spans).1, expected, "{shape}");
        }
    }

    /// Whatever the spans are, each moment of the trace is in exactly one step.
    #[test]
    fn the_steps_of_any_trace_are_its_duration() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
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
            let (path, text) = path(&spans);
            let mut at = start;
            for step in path {
                assert_eq!(Some(step.from), at, "{spans:?}: {text}");
                assert!(step.from < step.to);
                let (_, start, end) = spans[step.span];
                let is_within = start <= step.from && step.to <= end;
                assert_ne!(is_within, step.is_wait, "{spans:?}: {text}");
                at = Some(step.to);
            }

            assert_eq!(at, end, "{spans:?}: {text}");
        }
    }
}

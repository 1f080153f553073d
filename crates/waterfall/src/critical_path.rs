//! The spans that determine how long a trace took.

use crate::tree::Tree;

/// A part of the critical path: the time from `from` to `to`, in nanoseconds since 1970, was spent in the span itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Step {
    /// The index of the span.
    pub span: usize,
    /// When the part begins.
    pub from: u64,
    /// When the part ends.
    pub to: u64,
}

/// What is left to do: a time of a span itself, or all of a span between two times.
enum Task {
    Own(Step),
    Child { span: usize, from: u64, to: u64 },
}

/// Returns the critical path below a span, by time: who shortens one of its steps shortens the span.
///
/// From the end of a span backwards, the child that ended last is what the span waited for; before that child
/// started, it is the child that had ended last until then, and so on. A child that ended after its parent counts up to
/// the end of the parent. The steps add up to the duration of the span.
#[must_use]
pub fn critical_path(tree: &impl Tree, span: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut tasks = vec![Task::Child {
        span,
        from: tree.start(span),
        to: tree.end(span),
    }];
    while let Some(task) = tasks.pop() {
        let (span, from, to) = match task {
            Task::Own(step) => {
                if step.from < step.to {
                    steps.push(step);
                }
                continue;
            }
            Task::Child { span, from, to } => (span, from, to),
        };
        let mut children: Vec<(u64, u64, usize)> = tree
            .children(span)
            .iter()
            .map(|index| {
                let (start, end) = (tree.start(*index), tree.end(*index));
                (end.min(to), start.max(from), *index)
            })
            .filter(|(end, start, _)| start < end)
            .collect();
        children.sort_unstable();
        // Pushed from the beginning to the end would be popped from the end; so the path grows backwards, and is
        // reversed at last.
        let mut parts = Vec::new();
        let mut at = to;
        while let Some((end, start, child)) = children.pop() {
            if end > at {
                continue;
            }
            parts.push(Task::Own(Step {
                span,
                from: end,
                to: at,
            }));
            parts.push(Task::Child {
                span: child,
                from: start,
                to: end,
            });
            at = start;
        }
        parts.push(Task::Own(Step { span, from, to: at }));
        tasks.extend(parts.into_iter().rev());
    }
    steps.reverse();
    steps
}

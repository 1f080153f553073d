//! The input of a drawing.

use std::borrow::Cow;

/// A trace: spans, identified by an index, with their relations.
///
/// Texts are printed unchanged, so they must not have control characters.
pub trait Tree {
    /// The start of a span, in nanoseconds since 1970; 0 if it is unknown.
    fn start(&self, span: usize) -> u64;

    /// The end of a span, in nanoseconds since 1970; 0 if it is unknown.
    fn end(&self, span: usize) -> u64;

    /// The parent of a span. Following parents ends at a root.
    fn parent(&self, span: usize) -> Option<usize>;

    /// The children of a span, by start.
    fn children(&self, span: usize) -> &[usize];

    /// The name of a span.
    fn name(&self, span: usize) -> Cow<'_, str>;

    /// The end of a span, as a mark.
    fn mark(&self, span: usize) -> Mark;

    /// The message of a failed span.
    fn message(&self, span: usize) -> Cow<'_, str>;

    /// The text beside the name, such as a status code or the host of a call: see [`beside`](crate::beside).
    fn beside(&self, span: usize) -> String;

    /// The place of a span in the source code, printed below the message of a failed span: see [`place`](crate::place).
    /// Default: none.
    fn place(&self, _span: usize) -> String {
        String::new()
    }

    /// The service of a span. Default: none.
    fn service(&self, _span: usize) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    /// The duration of a span, in nanoseconds.
    fn duration(&self, span: usize) -> u64 {
        self.end(span).saturating_sub(self.start(span))
    }

    /// Whether a span failed.
    fn is_failed(&self, span: usize) -> bool {
        self.mark(span) == Mark::Failed
    }
}

/// Returns spans and their descendants, parents before children, siblings by start.
pub fn below<'a, T: Tree>(
    tree: &'a T,
    spans: &[usize],
) -> impl Iterator<Item = usize> + use<'a, T> {
    // An explicit stack instead of recursion, because a trace may be deeper than the thread's stack.
    let mut open: Vec<usize> = spans.iter().rev().copied().collect();
    std::iter::from_fn(move || {
        let next = open.pop()?;
        open.extend(tree.children(next).iter().rev());
        Some(next)
    })
}

/// Returns the periods of a span in which no child ran, each as its start and end.
pub fn uncovered<T: Tree>(tree: &T, span: usize) -> impl Iterator<Item = (u64, u64)> {
    let (mut until, end) = (tree.start(span), tree.end(span));
    let children = tree.children(span).iter();
    let times = children.map(|child| (tree.start(*child), tree.end(*child)));
    let times = times.chain([(end, end)]);
    times.filter_map(move |(from, to)| {
        let gap = (until, from.min(end));
        until = until.max(to);
        (gap.0 < gap.1).then_some(gap)
    })
}

/// The end of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each variant is drawn with its own sign")]
pub enum Mark {
    /// The span has no status.
    Unset,
    /// The span is declared a success.
    Ok,
    /// The span has an error.
    Failed,
    /// The caller did not wait for the span.
    Cancelled,
    /// The operation was not performed.
    Skipped,
}

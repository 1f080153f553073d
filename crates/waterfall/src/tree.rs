//! What is drawn.

use std::borrow::Cow;

/// A trace: spans that are named by an index, with their relations.
///
/// Texts are printed as they are, so they must not have control characters.
pub trait Tree {
    /// When a span started, in nanoseconds since 1970. 0 if that is not known.
    fn start(&self, span: usize) -> u64;

    /// When a span ended, in nanoseconds since 1970. 0 if that is not known.
    fn end(&self, span: usize) -> u64;

    /// The parent of a span. Following parents ends at a root.
    fn parent(&self, span: usize) -> Option<usize>;

    /// The children of a span, by start.
    fn children(&self, span: usize) -> &[usize];

    /// The name of a span.
    fn name(&self, span: usize) -> Cow<'_, str>;

    /// How a span ended.
    fn mark(&self, span: usize) -> Mark;

    /// The message of a span that failed.
    fn message(&self, span: usize) -> Cow<'_, str>;

    /// What is printed beside the name, such as a status code or the host of a call: see [`beside`](crate::beside).
    fn beside(&self, span: usize) -> String;

    /// Where in the source code a span comes from, which is printed below the message of one that failed: see
    /// [`place`](crate::place). Default: nowhere.
    fn place(&self, _span: usize) -> String {
        String::new()
    }

    /// The service of a span. Default: none.
    fn service(&self, _span: usize) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    /// How long a span took, in nanoseconds.
    fn duration(&self, span: usize) -> u64 {
        self.end(span).saturating_sub(self.start(span))
    }

    /// Whether a span failed.
    fn is_failed(&self, span: usize) -> bool {
        self.mark(span) == Mark::Failed
    }
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each has a sign of its own")]
pub enum Mark {
    /// Nothing was said.
    Unset,
    /// Declared as good.
    Ok,
    /// With an error.
    Failed,
    /// Its caller did not wait for it.
    Cancelled,
    /// What it stands for was not done.
    Skipped,
}

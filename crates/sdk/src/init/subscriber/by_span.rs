//! Filters by span and field, made by `tracing_subscriber`.

use tracing_subscriber::EnvFilter;

use crate::config::LineDirective;

/// The directives of an [`EnvFilter`], which holds the state of one layer.
#[derive(Clone, Debug)]
pub struct SpanFilter(String);

impl SpanFilter {
    /// Creates a filter; `None` if no directive names a span or a field.
    pub(super) fn new(directives: &[LineDirective]) -> Option<Self> {
        let mut all = directives.iter();
        all.any(|directive| matches!(directive, LineDirective::Span(_))).then(|| {
            let directives: Vec<_> = directives.iter().map(ToString::to_string).collect();
            Self(directives.join(","))
        })
    }

    pub(super) fn of_layer(&self) -> EnvFilter {
        // The directives were checked before, except for targets that no module has.
        EnvFilter::builder().parse_lossy(&self.0)
    }
}

//! Without `EnvFilter`, no directive names a span.

use tracing_subscriber::filter::Targets;

use crate::config::LineDirective;

/// There is none.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_enums,
    clippy::empty_enum,
    reason = "it is never made"
)]
pub enum SpanFilter {}

impl SpanFilter {
    pub(super) const fn new(_: &[LineDirective]) -> Option<Self> {
        None
    }

    pub(super) const fn of_layer(self) -> Targets {
        match self {}
    }
}

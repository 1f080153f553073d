//! The functions of the package `edition-2021`, compiled in this edition. Their attributes have no `crate = …`, so the
//! runtime needs its usual name here.

extern crate telemetry as floe_telemetry;

#[path = "../edition-2021/one_line.rs"]
#[rustfmt::skip]
pub mod one_line;

/// Spans of a package that has another version than the tests.
pub mod scopes {
    use telemetry::{Tracer, traced};

    static TRACER: Tracer = telemetry::tracer!("renamed.by_hand");

    /// Has a span of this package.
    #[traced(crate = telemetry)]
    pub fn of_the_package() {}

    /// Has a span of the tracer that the annotation names.
    #[traced(crate = telemetry, tracer = "renamed.named")]
    pub fn of_a_named_tracer() {}

    /// Opens a span of a tracer of this package.
    pub fn of_a_tracer() {
        drop(TRACER.span("of_a_tracer").attribute("rows", 3).start());
    }
}

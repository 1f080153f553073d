//! The interface of `published` for `floe-telemetry-core` without the feature `publish`: it does nothing.

/// Empty attributes.
#[derive(Clone, Copy, Debug)]
pub struct Attributes;

/// The type of attributes that a caller of [`attach`] keeps.
pub type StaticAttributes = Attributes;

/// No attributes.
pub const NO_ATTRIBUTES: StaticAttributes = Attributes;

impl Attributes {
    /// No attributes.
    pub const fn of_call(_: &str, _: &str, _: &str, _: u32) -> Self {
        Self
    }

    /// No attributes.
    pub fn named(_: &str, _: *const (), _: impl FnOnce() -> Self) -> Self {
        Self
    }
}

/// A span that is not published.
#[derive(Debug)]
pub struct Attached;

impl Attached {
    /// No attached span.
    pub const NONE: Self = Self;
}

/// A span that is not listed.
#[derive(Debug, Default)]
pub struct OpenSpan;

impl OpenSpan {
    /// Creates a span without a place.
    pub const fn new() -> Self {
        Self
    }

    /// Does nothing.
    pub const fn open(&self, _: [u8; 16], _: [u8; 8], _: [u8; 8], _: Attributes) {}

    /// Returns `None`.
    pub const fn attributes(&self, _: [u8; 8]) -> Option<Attributes> {
        None
    }

    /// Does nothing.
    pub const fn close(&self) {}
}

/// Returns false.
pub const fn is_on() -> bool {
    false
}

/// Does nothing.
pub const fn attach(_: [u8; 16], _: [u8; 8], _: u8, _: Attributes) -> Attached {
    Attached
}

/// Returns `None`.
pub const fn attributes_of(_: [u8; 16], _: [u8; 8]) -> Option<Attributes> {
    None
}

/// Does nothing.
pub const fn forked() {}

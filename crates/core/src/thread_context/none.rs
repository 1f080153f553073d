//! The interface of `floe-thread-context` without the feature `thread-context`: it does nothing.

#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes;

pub(crate) type StaticAttributes = Attributes;

pub(crate) const NO_ATTRIBUTES: StaticAttributes = Attributes;

impl Attributes {
    pub(crate) const fn of_call(_: &str, _: &str, _: &str, _: u32) -> Self {
        Self
    }

    pub(crate) fn named(_: &str, _: *const (), _: impl FnOnce() -> Self) -> Self {
        Self
    }
}

#[derive(Debug)]
pub(crate) struct Attached;

impl Attached {
    pub(crate) const NONE: Self = Self;
}

#[derive(Debug, Default)]
pub(crate) struct OpenSpan;

#[expect(clippy::unused_self, reason = "the crate has the same interface")]
impl OpenSpan {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) const fn open(&self, _: [u8; 16], _: [u8; 8], _: [u8; 8], _: Attributes) {}

    pub(crate) const fn close(&self) {}
}

pub(crate) const fn is_on() -> bool {
    false
}

pub(crate) const fn attach(_: [u8; 16], _: [u8; 8], _: u8, _: Attributes) -> Attached {
    Attached
}

pub(crate) const fn attributes_of(_: [u8; 16], _: [u8; 8]) -> Option<Attributes> {
    None
}

pub(crate) const fn forked() {}

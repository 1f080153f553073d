//! Attributes that are gathered before they are written to a span, in memory that the thread keeps.

use std::cell::Cell;

use crate::attributes::AttributeList;

thread_local! {
    static KEPT: Cell<AttributeList> = Cell::default();
}

/// An empty list.
#[inline]
pub(super) fn take() -> AttributeList {
    KEPT.try_with(Cell::take).unwrap_or_default()
}

/// Keeps the memory of a list for the next one.
#[inline]
pub(super) fn keep(mut list: AttributeList) {
    list.clear();
    let _ = KEPT.try_with(|kept| kept.set(list));
}

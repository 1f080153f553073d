//! A per-thread attribute list for values collected before they are written to a span. Its memory is reused.

use std::cell::Cell;

use crate::attributes::AttributeList;

thread_local! {
    static SCRATCH: Cell<AttributeList> = Cell::default();
}

#[inline]
pub(super) fn take() -> AttributeList {
    SCRATCH.try_with(Cell::take).unwrap_or_default()
}

#[inline]
pub(super) fn keep(mut list: AttributeList) {
    list.clear();
    let _ = SCRATCH.try_with(|scratch| scratch.set(list));
}

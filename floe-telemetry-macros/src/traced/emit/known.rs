//! The name of the function and its recorded keys, in one literal. Neither contains spaces; the runtime splits the
//! literal on demand.

use syn::ext::IdentExt;

use crate::{record::Key, traced::model::Traced};

/// Stands for attributes whose keys are known only when the function runs.
const OTHERS: &str = "*";

/// Returns the literal: `load table rows *`, or `Table::load` in a block.
pub(super) fn of(traced: &Traced<'_>) -> String {
    let function = traced.function.sig.ident.unraw();
    let mut words = vec![match &traced.of_type {
        Some(of_type) => format!("{of_type}::{function}"),
        None => function.to_string(),
    }];
    words.extend(traced.floe_attributes.iter().map(|_| OTHERS.to_owned()));
    words.extend(traced.records.iter().map(|record| match &record.key {
        Key::Text(text) => text.value(),
        Key::Const(_) => OTHERS.to_owned(),
    }));

    words.extend(traced.ret.iter().map(|_| super::RETURN.to_owned()));
    words.extend(traced.attributes_fn.iter().map(|_| OTHERS.to_owned()));
    words.join(" ")
}

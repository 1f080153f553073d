//! What can be wrong with the values of arguments.

use std::collections::HashSet;

use syn::{Attribute, Expr};

use super::{
    arguments::Argument,
    record::{Key, Record},
};
use crate::{ctxt::Ctxt, symbol, words};

/// `error_if` is called by the runtime, with the result.
pub(super) fn callable(cx: &Ctxt, value: &Expr) {
    if !matches!(value, Expr::Closure(_) | Expr::Path(_)) {
        let usage = symbol::ERROR_IF.usage;
        let message = format!("expected a closure or the path of a function, as in `{usage}`");
        cx.error(value, message);
    }
}

/// A name alone has to be an argument's: a slip would else be looked up in the surroundings.
pub(super) fn shorthands(cx: &Ctxt, records: &mut [Record], arguments: &[Argument<'_>]) {
    for record in records {
        let Some(word) = &record.shorthand else {
            continue;
        };
        let bare_self = matches!(&record.value, Expr::Path(_)) && word == "self";
        match arguments.iter().find(|argument| argument.binds(word)) {
            Some(_) if bare_self => cx.error(word, "`self` needs a key, as in `key = self`"),
            Some(argument) => record.cfgs = owned(&argument.cfgs),
            None => {
                let names: Vec<_> = arguments.iter().flat_map(Argument::names).collect();
                let names = names.iter().map(String::as_str);
                cx.error(word, words::unknown("argument", &word.to_string(), names));
            }
        }
    }
}

fn owned(attrs: &[&Attribute]) -> Vec<Attribute> {
    attrs.iter().copied().cloned().collect()
}

pub(super) fn duplicates(cx: &Ctxt, records: &[Record]) {
    let mut seen = HashSet::new();
    for record in records {
        if let Key::Text(key) = &record.key
            && !seen.insert(key.value())
        {
            cx.error(
                key,
                format_args!("attribute `{}` is given twice", key.value()),
            );
        }
    }
}

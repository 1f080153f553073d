//! The name of the function and its recorded keys, in one literal. Neither contains spaces; the runtime splits the
//! literal on demand.

use quote::ToTokens;
use syn::{Expr, Path, ext::IdentExt};

use crate::traced::{model::Traced, record::Key};

/// Stands for attributes whose keys are known only when the function runs.
const OTHERS: &str = "*";

/// The literal: `load table rows {OrderAttributes}`, or `Table::load` in a block.
pub(super) fn of(traced: &Traced<'_>) -> String {
    let function = traced.function.sig.ident.unraw();
    let mut words = vec![match &traced.of_type {
        Some(of_type) => format!("{of_type}::{function}"),
        None => function.to_string(),
    }];
    words.extend(traced.floe_attributes.iter().map(floe_attributes));
    words.extend(traced.records.iter().map(|record| match &record.key {
        Key::Text(text) => text.value(),
        Key::Const(path) => braced(path),
    }));
    words.extend(traced.attributes_fn.iter().map(|_| OTHERS.to_owned()));
    words.join(" ")
}

/// The type in the expression, if there is one.
fn floe_attributes(value: &Expr) -> String {
    match value {
        Expr::Reference(reference) => floe_attributes(&reference.expr),
        Expr::Struct(literal) => braced(&literal.path),
        Expr::Call(call) => match &*call.func {
            // `OrderAttributes::new(…)`
            Expr::Path(function) if function.path.segments.len() > 1 => {
                let mut path = function.path.clone();
                path.segments.pop();
                path.segments.pop_punct();
                braced(&path)
            }
            _ => OTHERS.to_owned(),
        },
        _ => OTHERS.to_owned(),
    }
}

fn braced(path: &Path) -> String {
    let path = path.to_token_stream().to_string();
    format!("{{{}}}", path.split_whitespace().collect::<String>())
}

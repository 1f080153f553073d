//! The keywords of a field, while they are read.

use proc_macro2::Ident;
use syn::{Expr, ExprArray, ExprLit, ExprUnary, Lit, LitStr, UnOp, parse::ParseStream};

use super::{
    field::{Key, Words, ungrouped},
    flag,
};
use crate::{
    attr::Attr,
    ctxt::Ctxt,
    keywords,
    symbol::{self, Symbol},
};

/// A cell for each.
pub(super) struct Given<'c> {
    key: Attr<'c, Key>,
    prefix: Attr<'c, LitStr>,
    examples: Attr<'c, Vec<String>>,
    skip: Attr<'c, ()>,
    flatten: Attr<'c, ()>,
    redact: Attr<'c, ()>,
    display: Attr<'c, ()>,
    debug: Attr<'c, ()>,
}

impl<'c> Given<'c> {
    pub(super) fn new(cx: &'c Ctxt) -> Self {
        Self {
            key: Attr::new(cx, symbol::KEY),
            prefix: Attr::new(cx, symbol::PREFIX),
            examples: Attr::new(cx, symbol::EXAMPLES),
            skip: Attr::new(cx, symbol::SKIP),
            flatten: Attr::new(cx, symbol::FLATTEN),
            redact: Attr::new(cx, symbol::REDACT),
            display: Attr::new(cx, symbol::DISPLAY),
            debug: Attr::new(cx, symbol::DEBUG),
        }
    }

    pub(super) fn read(
        &mut self,
        input: ParseStream<'_>,
        word: &Ident,
        symbol: Symbol,
    ) -> syn::Result<()> {
        match symbol {
            symbol::KEY => self
                .key
                .set(word, keywords::value_with(input, word, symbol, Key::parse)?),
            symbol::PREFIX => self.prefix.set(word, keywords::value(input, word, symbol)?),
            symbol::EXAMPLES => {
                self.examples
                    .set(word, keywords::value_with(input, word, symbol, examples)?);
            }
            symbol::SKIP => flag(input, word, &mut self.skip, symbol)?,
            symbol::FLATTEN => flag(input, word, &mut self.flatten, symbol)?,
            symbol::REDACT => flag(input, word, &mut self.redact, symbol)?,
            symbol::DISPLAY => flag(input, word, &mut self.display, symbol)?,
            _ => flag(input, word, &mut self.debug, symbol)?,
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Words {
        let flag = |attr: Attr<'_, ()>| attr.with_keyword().map(|(word, ())| word);
        Words {
            key: self.key.with_keyword(),
            prefix: self.prefix.with_keyword(),
            examples: self.examples.with_keyword(),
            skip: flag(self.skip),
            flatten: flag(self.flatten),
            redact: flag(self.redact),
            display: flag(self.display),
            debug: flag(self.debug),
        }
    }
}

/// The texts of the literals in brackets.
fn examples(input: ParseStream<'_>) -> syn::Result<Vec<String>> {
    let written = ungrouped(input.parse()?);
    let literals = match &written {
        Expr::Array(ExprArray { elems, .. }) => elems.iter().map(literal).collect(),
        _ => None,
    };
    literals.ok_or_else(|| syn::Error::new_spanned(written, "examples are literals in brackets"))
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(text) => Some(text.value()),
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Float(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(value) => Some(value.value.to_string()),
            _ => None,
        },
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr).map(|text| format!("-{text}")),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

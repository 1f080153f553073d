//! `#[traced(…)]` tokens into [`Args`]; nothing is judged here but the form.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Expr, Lit, Path, parenthesized,
    parse::{ParseStream, Parser},
    token::Paren,
};

use super::record::{self, Record};
use crate::{attr::Attr, ctxt::Ctxt, keywords, symbol};

/// The arguments as written.
pub(super) struct Args {
    pub(super) name: Option<Expr>,
    pub(super) kind: Option<Expr>,
    pub(super) attributes: Vec<Record>,
    pub(super) attributes_fn: Option<(Ident, Expr)>,
    pub(super) floe_attributes: Option<Expr>,
    pub(super) krate: Option<Path>,
}

impl Args {
    pub(super) fn parse(cx: &Ctxt, tokens: TokenStream) -> Self {
        let mut cells = Cells::new(cx);
        let fill = |input: ParseStream<'_>| {
            keywords::each(cx, input, keywords::starts_argument, |input| {
                cells.argument(cx, input)
            });
            Ok(())
        };
        if let Err(error) = fill.parse2(tokens) {
            cx.syn(error);
        }
        cells.finish()
    }
}

/// One cell for each keyword.
struct Cells<'c> {
    name: Attr<'c, Expr>,
    kind: Attr<'c, Expr>,
    attributes: Attr<'c, Vec<Record>>,
    attributes_fn: Attr<'c, Expr>,
    floe_attributes: Attr<'c, Expr>,
    krate: Attr<'c, Path>,
}

impl<'c> Cells<'c> {
    fn new(cx: &'c Ctxt) -> Self {
        Self {
            name: Attr::new(cx, symbol::NAME),
            kind: Attr::new(cx, symbol::KIND),
            attributes: Attr::new(cx, symbol::ATTRIBUTES),
            attributes_fn: Attr::new(cx, symbol::ATTRIBUTES_FN),
            floe_attributes: Attr::new(cx, symbol::FLOE_ATTRIBUTES),
            krate: Attr::new(cx, symbol::CRATE),
        }
    }

    fn argument(&mut self, cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<()> {
        if let Ok(literal) = input.fork().parse::<Lit>() {
            let message = "a bare literal is no argument, the name is written `name = \"…\"`";
            return Err(syn::Error::new(literal.span(), message));
        }
        let (word, symbol) = keywords::keyword(input, symbol::TRACED)?;
        match symbol {
            symbol::NAME => self.name.set(&word, keywords::value(input, &word, symbol)?),
            symbol::KIND => self.kind.set(&word, keywords::value(input, &word, symbol)?),
            symbol::ATTRIBUTES => {
                if !input.peek(Paren) {
                    return Err(keywords::misused(&word, symbol));
                }
                let content;
                parenthesized!(content in input);
                self.attributes.set(&word, record::list(cx, &content));
            }
            symbol::ATTRIBUTES_FN => {
                self.attributes_fn
                    .set(&word, keywords::value(input, &word, symbol)?);
            }
            symbol::FLOE_ATTRIBUTES => {
                self.floe_attributes
                    .set(&word, keywords::value(input, &word, symbol)?);
            }
            _ => {
                let parse = Path::parse_mod_style;
                self.krate
                    .set(&word, keywords::value_with(input, &word, symbol, parse)?);
            }
        }
        Ok(())
    }

    fn finish(self) -> Args {
        Args {
            name: self.name.value(),
            kind: self.kind.value(),
            attributes: self.attributes.value().unwrap_or_default(),
            attributes_fn: self.attributes_fn.with_keyword(),
            floe_attributes: self.floe_attributes.value(),
            krate: self.krate.value(),
        }
    }
}

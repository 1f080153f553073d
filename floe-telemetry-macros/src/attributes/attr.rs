//! `#[floe(…)]` on the type, on its variants, and on its fields.

mod field;
mod given;

use proc_macro2::Ident;
use syn::{
    Attribute, LitStr, Meta, Path,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Paren,
};

pub(super) use self::field::{Field, Key, Role, Text};
use super::case::Case;
use crate::{
    attr::Attr,
    ctxt::Ctxt,
    keywords,
    symbol::{self, Symbol},
    words,
};

/// What the type says about all that is in it. The words are there for errors about them.
pub(super) struct Container {
    pub(super) prefix: Option<(Ident, LitStr)>,
    pub(super) transparent: Option<Ident>,
    /// No case is one that was misspelt.
    pub(super) rename_all: Option<(Ident, Option<Case>)>,
    pub(super) krate: Option<Path>,
}

/// What a variant says about itself.
pub(super) struct Variant {
    pub(super) rename: Option<(Ident, LitStr)>,
}

impl Container {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut prefix = Attr::new(cx, symbol::PREFIX);
        let mut transparent = Attr::new(cx, symbol::TRANSPARENT);
        let mut rename_all = Attr::new(cx, symbol::RENAME_ALL);
        let mut krate = Attr::new(cx, symbol::CRATE);
        each(cx, attrs, symbol::CONTAINER, |input, word, symbol| {
            match symbol {
                symbol::PREFIX => prefix.set(word, keywords::value(input, word, symbol)?),
                symbol::RENAME_ALL => {
                    let text: LitStr = keywords::value(input, word, symbol)?;
                    rename_all.set(word, Case::parse(cx, &text));
                }
                symbol::TRANSPARENT => flag(input, word, &mut transparent, symbol)?,
                _ => {
                    let parse = Path::parse_mod_style;
                    krate.set(word, keywords::value_with(input, word, symbol, parse)?);
                }
            }
            Ok(())
        });
        let prefix = prefix.with_keyword();
        if let Some((_, prefix)) = &prefix {
            check_text(cx, prefix, "prefix");
        }
        Self {
            prefix,
            transparent: transparent.with_keyword().map(|(word, ())| word),
            rename_all: rename_all.with_keyword(),
            krate: krate.value(),
        }
    }
}

impl Variant {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut rename = Attr::new(cx, symbol::RENAME);
        each(cx, attrs, symbol::VARIANT, |input, word, symbol| {
            rename.set(word, keywords::value(input, word, symbol)?);
            Ok(())
        });
        Self {
            rename: rename.with_keyword(),
        }
    }
}

/// A word that stands alone.
fn flag(
    input: ParseStream<'_>,
    word: &Ident,
    attr: &mut Attr<'_, ()>,
    symbol: Symbol,
) -> syn::Result<()> {
    if keywords::is_assignment(input) || input.peek(Paren) {
        let message = format!("`{symbol}` stands alone: `#[floe({symbol})]`");
        return Err(syn::Error::new(word.span(), message));
    }
    attr.set(word, ());
    Ok(())
}

/// Calls `one` with each keyword in all `#[floe(…)]` together.
fn each(
    cx: &Ctxt,
    attrs: &[Attribute],
    accepted: &[Symbol],
    mut one: impl FnMut(ParseStream<'_>, &Ident, Symbol) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("floe")) {
        let Meta::List(list) = &attr.meta else {
            let usage = accepted.first().map_or("…", |symbol| symbol.usage);
            cx.error(
                &attr.meta,
                format_args!("`floe` is written `#[floe({usage})]`"),
            );
            continue;
        };
        let fill = |input: ParseStream<'_>| {
            keywords::each(cx, input, keywords::starts_argument, |input| {
                check_place(input, accepted)?;
                let (word, symbol) = keywords::keyword(input, accepted)?;
                one(input, &word, symbol)
            });
            Ok(())
        };
        if let Err(error) = fill.parse2(list.tokens.clone()) {
            cx.syn(error);
        }
    }
}

/// Where the words are that are not `accepted` here.
const PLACES: [(&[Symbol], &str); 3] = [
    (symbol::CONTAINER, "the type"),
    (symbol::VARIANT, "a variant of an enum without data"),
    (symbol::FIELD, "a field"),
];

/// A word of another place is not unknown.
fn check_place(input: ParseStream<'_>, accepted: &[Symbol]) -> syn::Result<()> {
    let Ok(word) = input.fork().call(Ident::parse_any) else {
        return Ok(());
    };
    let is_in = |symbols: &[Symbol]| Symbol::find(&word, symbols).is_some();
    match PLACES.iter().find(|(symbols, _)| is_in(symbols)) {
        Some((_, place)) if !is_in(accepted) => {
            let accepted: Vec<_> = accepted.iter().map(|symbol| symbol.word).collect();
            let accepted = words::list(&accepted);
            let message = format!("`{word}` belongs on {place} (accepted here: {accepted})");
            Err(syn::Error::new(word.span(), message))
        }
        _ => Ok(()),
    }
}

fn check_text(cx: &Ctxt, text: &LitStr, what: &str) {
    if let Some(mistake) = words::mistake_in_key(&text.value()) {
        let message = format!("this {what} {mistake}, write it as in `alert.channel`");
        cx.error(text, message);
    }
}

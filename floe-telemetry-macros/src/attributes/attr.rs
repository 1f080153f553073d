//! `#[floe(…)]` on the struct and on its fields.

use proc_macro2::Ident;
use syn::{
    Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path,
    parse::{ParseStream, Parser},
};

use crate::{
    attr::Attr,
    ctxt::Ctxt,
    keywords,
    symbol::{self, Symbol},
};

/// What the struct says about all of its fields.
pub(super) struct Container {
    pub(super) prefix: Option<LitStr>,
    pub(super) krate: Option<Path>,
}

/// What a field says about itself.
pub(super) struct Field {
    pub(super) key: Option<Key>,
    pub(super) skip: bool,
}

/// A key that is written out.
pub(super) enum Key {
    Text(LitStr),
    Const(Path),
}

impl Container {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut prefix = Attr::new(cx, symbol::PREFIX);
        let mut krate = Attr::new(cx, symbol::CRATE);
        each(cx, attrs, symbol::CONTAINER, |input, word, symbol| {
            if symbol == symbol::PREFIX {
                prefix.set(word, keywords::value(input, word, symbol)?);
            } else {
                let parse = Path::parse_mod_style;
                krate.set(word, keywords::value_with(input, word, symbol, parse)?);
            }
            Ok(())
        });
        let prefix = prefix.value();
        if let Some(prefix) = &prefix {
            check_text(cx, prefix, "prefix");
        }
        Self {
            prefix,
            krate: krate.value(),
        }
    }
}

impl Field {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut key = Attr::new(cx, symbol::KEY);
        let mut skip = Attr::new(cx, symbol::SKIP);
        each(cx, attrs, symbol::FIELD, |input, word, symbol| {
            if symbol == symbol::KEY {
                key.set(word, keywords::value_with(input, word, symbol, Key::parse)?);
            } else if keywords::is_assignment(input) {
                return Err(keywords::misused(word, symbol));
            } else {
                skip.set(word, ());
            }
            Ok(())
        });
        let (key, skip) = (key.with_keyword(), skip.value().is_some());
        match &key {
            Some((word, _)) if skip => cx.error(word, "a field with `skip` has no key"),
            Some((_, Key::Text(text))) => check_text(cx, text, "key"),
            _ => {}
        }
        Self {
            key: key.map(|(_, key)| key),
            skip,
        }
    }
}

impl Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let written: Expr = input.parse()?;
        match written {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(Self::Text(text)),
            Expr::Path(path) if path.qself.is_none() => Ok(Self::Const(path.path)),
            other => Err(syn::Error::new_spanned(
                other,
                "a key is a string literal or the path of a constant",
            )),
        }
    }
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

/// Words with dots between them, as all keys of OpenTelemetry are.
fn check_text(cx: &Ctxt, text: &LitStr, what: &str) {
    if text.value().split('.').any(str::is_empty) {
        let message = format!("this {what} has an empty part, write it as in `alert.channel`");
        cx.error(text, message);
    }
}

//! `#[floe(…)]` on the type, on its variants, and on its fields.

use proc_macro2::Ident;
use syn::{
    Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path,
    parse::{ParseStream, Parser},
    token::Paren,
};

use super::case::Case;
use crate::{
    attr::Attr,
    ctxt::Ctxt,
    keywords,
    symbol::{self, Symbol},
    words,
};

#[derive(Default)]
pub(super) struct Container {
    pub(super) prefix: Attr<LitStr>,
    pub(super) transparent: Attr<()>,
    /// `None` for a misspelt case.
    pub(super) rename_all: Attr<Option<Case>>,
    pub(super) krate: Attr<Path>,
}

impl Container {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        parse_each(cx, attrs, symbol::CONTAINER, |input, word, symbol| {
            match symbol {
                symbol::PREFIX => {
                    this.prefix.set(cx, word, keywords::parse_value(input, word, symbol)?);
                }
                symbol::RENAME_ALL => {
                    let text: LitStr = keywords::parse_value(input, word, symbol)?;
                    this.rename_all.set(cx, word, Case::parse(cx, &text));
                }
                symbol::TRANSPARENT => parse_flag(cx, input, word, &mut this.transparent, symbol)?,
                _ => {
                    let parse = Path::parse_mod_style;
                    let path = keywords::parse_value_with(input, word, symbol, parse)?;
                    this.krate.set(cx, word, path);
                }
            }
            Ok(())
        });
        if let Some(prefix) = this.prefix.get() {
            words::check_key(cx, "prefix", prefix);
        }
        this
    }
}

pub(super) fn renamed(cx: &Ctxt, attrs: &[Attribute]) -> Option<(Ident, LitStr)> {
    let mut rename = Attr::default();
    parse_each(cx, attrs, symbol::VARIANT, |input, word, symbol| {
        rename.set(cx, word, keywords::parse_value(input, word, symbol)?);
        Ok(())
    });
    rename.with_keyword()
}

pub(super) enum Role {
    Skip,
    /// The field is recorded as the attributes of its type.
    Flatten(Ident),
    /// The field is recorded as one attribute, with the explicit key if there is one.
    Attribute(Option<(Ident, Key)>, Option<Text>),
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Text {
    Display,
    Debug,
    Redact,
}

pub(super) enum Key {
    Text(LitStr),
    Const(Path),
}

#[derive(Default)]
struct Keywords {
    key: Attr<Key>,
    skip: Attr<()>,
    flatten: Attr<()>,
    redact: Attr<()>,
    display: Attr<()>,
    debug: Attr<()>,
}

impl Role {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut keywords = Keywords::default();
        parse_each(cx, attrs, symbol::FIELD, |input, word, symbol| {
            keywords.read(cx, input, word, symbol)
        });
        keywords.check_conflicts(cx);
        if let Some(Key::Text(text)) = keywords.key.get() {
            words::check_key(cx, "key", text);
        }
        keywords.into_role()
    }
}

impl Keywords {
    fn read(
        &mut self,
        cx: &Ctxt,
        input: ParseStream<'_>,
        word: &Ident,
        symbol: Symbol,
    ) -> syn::Result<()> {
        let flag = match symbol {
            symbol::KEY => {
                let key = keywords::parse_value_with(input, word, symbol, Key::parse)?;
                self.key.set(cx, word, key);
                return Ok(());
            }
            symbol::SKIP => &mut self.skip,
            symbol::FLATTEN => &mut self.flatten,
            symbol::REDACT => &mut self.redact,
            symbol::DISPLAY => &mut self.display,
            _ => &mut self.debug,
        };
        parse_flag(cx, input, word, flag, symbol)
    }

    /// Reports an error for each keyword that conflicts with the first one: a field is recorded in one way, and a
    /// flattened or skipped field has no key.
    fn check_conflicts(&self, cx: &Ctxt) {
        let (skip, flatten) = (self.skip.keyword(), self.flatten.keyword());
        let keyless = skip.or(flatten);
        let texts = [&self.redact, &self.display, &self.debug].map(Attr::keyword);
        let key = self.key.keyword().filter(|_| keyless.is_some());
        let mut given = [skip, flatten].into_iter().chain(texts).chain([key]).flatten();
        if let Some(first) = given.next() {
            for other in given {
                cx.error(other, format_args!("`{other}` does not go with `{first}`"));
            }
        }
    }

    fn into_role(self) -> Role {
        let texts =
            [(self.redact, Text::Redact), (self.display, Text::Display), (self.debug, Text::Debug)];
        let text = texts.into_iter().find_map(|(word, text)| word.get().map(|()| text));
        match (self.skip.get(), self.flatten.with_keyword()) {
            (Some(()), _) => Role::Skip,
            (None, Some((word, ()))) => Role::Flatten(word),
            (None, None) => Role::Attribute(self.key.with_keyword(), text),
        }
    }
}

impl Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        match keywords::ungrouped(input.parse()?) {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(Self::Text(text)),
            Expr::Path(path) if path.qself.is_none() => Ok(Self::Const(path.path)),
            other => Err(syn::Error::new_spanned(
                other,
                "a key is a string literal or the path of a constant",
            )),
        }
    }
}

fn parse_flag(
    cx: &Ctxt,
    input: ParseStream<'_>,
    word: &Ident,
    attr: &mut Attr<()>,
    symbol: Symbol,
) -> syn::Result<()> {
    if keywords::is_assignment(input) || input.peek(Paren) {
        let message = format!("`{symbol}` stands alone: `#[floe({symbol})]`");
        return Err(syn::Error::new(word.span(), message));
    }
    attr.set(cx, word, ());
    Ok(())
}

fn parse_each(
    cx: &Ctxt,
    attrs: &[Attribute],
    accepted: &[Symbol],
    mut one: impl FnMut(ParseStream<'_>, &Ident, Symbol) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("floe")) {
        let Meta::List(list) = &attr.meta else {
            let usage = accepted.first().map_or("…", |symbol| symbol.usage);
            cx.error(&attr.meta, format_args!("`floe` is written `#[floe({usage})]`"));
            continue;
        };
        let fill = |input: ParseStream<'_>| {
            keywords::parse_each(cx, input, keywords::starts_argument, |input| {
                let (word, symbol) = keywords::parse_keyword(input, accepted)?;
                one(input, &word, symbol)
            });
            Ok(())
        };
        if let Err(error) = fill.parse2(list.tokens.clone()) {
            cx.syn(error);
        }
    }
}

//! `#[floe(…)]` on the type, on its variants, and on its fields.

use proc_macro2::Ident;
use syn::{
    Attribute, Expr, ExprLit, Lit, LitBool, LitStr, Meta, Path,
    ext::IdentExt,
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
    pub(super) consts: Attr<bool>,
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
                symbol::CONSTS => this.consts.set(cx, word, parse_boolean(input, word, symbol)?),
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

    /// The keywords about keys.
    pub(super) fn about_keys(&self) -> impl Iterator<Item = &Ident> {
        self.prefix.keyword().into_iter().chain(self.consts.keyword())
    }
}

/// The value of `rename` on a variant.
pub(super) fn renamed(cx: &Ctxt, attrs: &[Attribute]) -> Option<(Ident, LitStr)> {
    let mut rename = Attr::default();
    parse_each(cx, attrs, symbol::VARIANT, |input, word, symbol| {
        rename.set(cx, word, keywords::parse_value(input, word, symbol)?);
        Ok(())
    });
    rename.with_keyword()
}

pub(super) struct Field {
    pub(super) role: Role,
    /// Whether there is a constant with the key, if the keyword is given.
    pub(super) consts: Attr<bool>,
}

pub(super) enum Role {
    Skip,
    /// The field is recorded as the attributes of its type.
    Flatten(Ident, Option<LitStr>),
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
    prefix: Attr<LitStr>,
    consts: Attr<bool>,
    skip: Attr<()>,
    flatten: Attr<()>,
    redact: Attr<()>,
    display: Attr<()>,
    debug: Attr<()>,
}

impl Field {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut keywords = Keywords::default();
        parse_each(cx, attrs, symbol::FIELD, |input, word, symbol| {
            keywords.read(cx, input, word, symbol)
        });
        keywords.check_conflicts(cx);
        if let Some(prefix) = keywords.prefix.get() {
            words::check_key(cx, "prefix", prefix);
        }
        if let Some(Key::Text(text)) = keywords.key.get() {
            words::check_key(cx, "key", text);
        }
        keywords.into_field()
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
            symbol::PREFIX => {
                self.prefix.set(cx, word, keywords::parse_value(input, word, symbol)?);
                return Ok(());
            }
            symbol::CONSTS => {
                self.consts.set(cx, word, parse_boolean(input, word, symbol)?);
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

    /// Reports each superfluous keyword as one error.
    fn check_conflicts(&self, cx: &Ctxt) {
        let (key, prefix, consts) =
            (self.key.keyword(), self.prefix.keyword(), self.consts.keyword());
        let (redact, flatten) = (self.redact.keyword(), self.flatten.keyword());
        let (display, debug) = (self.display.keyword(), self.debug.keyword());
        if let Some(skip) = self.skip.keyword() {
            let others = [flatten, redact, display, debug, key, prefix, consts];
            reject_others(cx, skip, "the field is not an attribute", &others);
        } else if let Some(flatten) = flatten {
            let others = [redact, display, debug, key, consts];
            reject_others(cx, flatten, "the attributes come from the type of the field", &others);
        } else {
            const ONE_WAY: &str = "the value is recorded in one way";
            if let Some(redact) = redact {
                reject_others(cx, redact, ONE_WAY, &[display, debug]);
            } else if let Some(display) = display {
                reject_others(cx, display, ONE_WAY, &[debug]);
            }
            if let Some(prefix) = prefix {
                cx.error(
                    prefix,
                    "`prefix` on a field needs `flatten`; one key is written `key = \"…\"`",
                );
            }
        }
    }

    fn into_field(mut self) -> Field {
        let texts =
            [(self.redact, Text::Redact), (self.display, Text::Display), (self.debug, Text::Debug)];
        let text = texts.into_iter().find_map(|(word, text)| word.get().map(|()| text));
        let role = match (self.skip.get(), self.flatten.with_keyword()) {
            (Some(()), _) => Role::Skip,
            (None, Some((word, ()))) => Role::Flatten(word, self.prefix.take()),
            (None, None) => Role::Attribute(self.key.with_keyword(), text),
        };
        Field { role, consts: self.consts }
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

/// Reports each of `others` that occurs in addition to `first`.
fn reject_others(cx: &Ctxt, first: &Ident, reason: &str, others: &[Option<&Ident>]) {
    for other in others.iter().copied().flatten() {
        cx.error(other, format_args!("`{other}` does not go with `{first}`: {reason}"));
    }
}

/// `true` or `false`
fn parse_boolean(input: ParseStream<'_>, word: &Ident, symbol: Symbol) -> syn::Result<bool> {
    let value: LitBool = keywords::parse_value(input, word, symbol)?;
    Ok(value.value)
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

/// Calls `one` with each keyword in all `#[floe(…)]` attributes.
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
                check_place(input, accepted)?;
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

/// The items on which each keyword can be used.
const PLACES: [(&[Symbol], &str); 3] = [
    (symbol::CONTAINER, "the type"),
    (symbol::VARIANT, "a variant of an enum without data"),
    (symbol::FIELD, "a field"),
];

/// Reports a known keyword that cannot be used here.
fn check_place(input: ParseStream<'_>, accepted: &[Symbol]) -> syn::Result<()> {
    let Ok(word) = input.fork().call(Ident::parse_any) else {
        return Ok(());
    };
    let is_in = |symbols: &[Symbol]| Symbol::find(&word, symbols).is_some();
    match PLACES.iter().find(|(symbols, _)| is_in(symbols)) {
        Some((_, place)) if !is_in(accepted) => {
            let here: Vec<_> = accepted.iter().map(|symbol| symbol.word).collect();
            let here = words::one_of(&here);
            let message = format!("`{word}` belongs on {place}, expected {here}");
            Err(syn::Error::new(word.span(), message))
        }
        _ => Ok(()),
    }
}

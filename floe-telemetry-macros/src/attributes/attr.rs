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

pub(super) struct Container {
    pub(super) prefix: Option<(Ident, LitStr)>,
    pub(super) transparent: Option<Ident>,
    /// `None` for a misspelt case.
    pub(super) rename_all: Option<(Ident, Option<Case>)>,
    pub(super) consts: Option<(Ident, bool)>,
    pub(super) krate: Option<Path>,
}

pub(super) struct Variant {
    pub(super) rename: Option<(Ident, LitStr)>,
}

impl Container {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut prefix = Attr::new(cx, symbol::PREFIX);
        let mut transparent = Attr::new(cx, symbol::TRANSPARENT);
        let mut rename_all = Attr::new(cx, symbol::RENAME_ALL);
        let mut consts = Attr::new(cx, symbol::CONSTS);
        let mut krate = Attr::new(cx, symbol::CRATE);
        parse_each(cx, attrs, symbol::CONTAINER, |input, word, symbol| {
            match symbol {
                symbol::PREFIX => prefix.set(word, keywords::parse_value(input, word, symbol)?),
                symbol::RENAME_ALL => {
                    let text: LitStr = keywords::parse_value(input, word, symbol)?;
                    rename_all.set(word, Case::parse(cx, &text));
                }
                symbol::TRANSPARENT => parse_flag(input, word, &mut transparent, symbol)?,
                symbol::CONSTS => consts.set(word, parse_boolean(input, word, symbol)?),
                _ => {
                    let parse = Path::parse_mod_style;
                    krate.set(word, keywords::parse_value_with(input, word, symbol, parse)?);
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
            consts: consts.with_keyword(),
            krate: krate.take(),
        }
    }
}

impl Variant {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut rename = Attr::new(cx, symbol::RENAME);
        parse_each(cx, attrs, symbol::VARIANT, |input, word, symbol| {
            rename.set(word, keywords::parse_value(input, word, symbol)?);
            Ok(())
        });
        Self { rename: rename.with_keyword() }
    }
}

pub(super) struct Field {
    pub(super) role: Role,
    /// Whether there is a constant with the key, if the keyword is given.
    pub(super) consts: Option<(Ident, bool)>,
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

struct Words {
    key: Option<(Ident, Key)>,
    prefix: Option<(Ident, LitStr)>,
    consts: Option<(Ident, bool)>,
    skip: Option<Ident>,
    flatten: Option<Ident>,
    redact: Option<Ident>,
    display: Option<Ident>,
    debug: Option<Ident>,
}

impl Field {
    pub(super) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut keywords = FieldKeywords::new(cx);
        parse_each(cx, attrs, symbol::FIELD, |input, word, symbol| {
            keywords.read(input, word, symbol)
        });
        let words = keywords.finish();
        words.check_conflicts(cx);
        words.check_texts(cx);
        words.into_field()
    }
}

impl Words {
    /// Reports each superfluous keyword as one error.
    fn check_conflicts(&self, cx: &Ctxt) {
        let Self { skip, flatten, redact, display, debug, .. } = self;
        let key = word(self.key.as_ref());
        let (prefix, consts) = (word(self.prefix.as_ref()), word(self.consts.as_ref()));
        if let Some(skip) = skip {
            let others = [flatten, redact, display, debug, &key, &prefix, &consts];
            reject_others(cx, skip, "the field is not an attribute", &others);
        } else if let Some(flatten) = flatten {
            let others = [redact, display, debug, &key, &consts];
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

    fn check_texts(&self, cx: &Ctxt) {
        if let Some((_, prefix)) = &self.prefix {
            check_text(cx, prefix, "prefix");
        }
        if let Some((_, Key::Text(text))) = &self.key {
            check_text(cx, text, "key");
        }
    }

    fn into_field(self) -> Field {
        let texts =
            [(self.redact, Text::Redact), (self.display, Text::Display), (self.debug, Text::Debug)];
        let text = texts.into_iter().find_map(|(word, text)| word.map(|_| text));
        let role = match (self.skip, self.flatten) {
            (Some(_), _) => Role::Skip,
            (None, Some(word)) => Role::Flatten(word, self.prefix.map(|(_, prefix)| prefix)),
            (None, None) => Role::Attribute(self.key, text),
        };
        Field { role, consts: self.consts }
    }
}

impl Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        match ungrouped(input.parse()?) {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(Self::Text(text)),
            Expr::Path(path) if path.qself.is_none() => Ok(Self::Const(path.path)),
            other => Err(syn::Error::new_spanned(
                other,
                "a key is a string literal or the path of a constant",
            )),
        }
    }
}

fn word<T>(keyword: Option<&(Ident, T)>) -> Option<Ident> {
    keyword.map(|(word, _)| word.clone())
}

/// Reports each of `others` that occurs in addition to `first`.
fn reject_others(cx: &Ctxt, first: &Ident, reason: &str, others: &[&Option<Ident>]) {
    for other in others.iter().copied().flatten() {
        cx.error(other, format_args!("`{other}` does not go with `{first}`: {reason}"));
    }
}

/// The expression in the invisible group of a `macro_rules!` fragment such as `$key:expr`.
fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

struct FieldKeywords<'c> {
    key: Attr<'c, Key>,
    prefix: Attr<'c, LitStr>,
    consts: Attr<'c, bool>,
    skip: Attr<'c, ()>,
    flatten: Attr<'c, ()>,
    redact: Attr<'c, ()>,
    display: Attr<'c, ()>,
    debug: Attr<'c, ()>,
}

impl<'c> FieldKeywords<'c> {
    fn new(cx: &'c Ctxt) -> Self {
        Self {
            key: Attr::new(cx, symbol::KEY),
            prefix: Attr::new(cx, symbol::PREFIX),
            consts: Attr::new(cx, symbol::CONSTS),
            skip: Attr::new(cx, symbol::SKIP),
            flatten: Attr::new(cx, symbol::FLATTEN),
            redact: Attr::new(cx, symbol::REDACT),
            display: Attr::new(cx, symbol::DISPLAY),
            debug: Attr::new(cx, symbol::DEBUG),
        }
    }

    fn read(&mut self, input: ParseStream<'_>, word: &Ident, symbol: Symbol) -> syn::Result<()> {
        match symbol {
            symbol::KEY => {
                self.key.set(word, keywords::parse_value_with(input, word, symbol, Key::parse)?);
            }
            symbol::PREFIX => self.prefix.set(word, keywords::parse_value(input, word, symbol)?),
            symbol::CONSTS => self.consts.set(word, parse_boolean(input, word, symbol)?),
            symbol::SKIP => parse_flag(input, word, &mut self.skip, symbol)?,
            symbol::FLATTEN => parse_flag(input, word, &mut self.flatten, symbol)?,
            symbol::REDACT => parse_flag(input, word, &mut self.redact, symbol)?,
            symbol::DISPLAY => parse_flag(input, word, &mut self.display, symbol)?,
            _ => parse_flag(input, word, &mut self.debug, symbol)?,
        }
        Ok(())
    }

    fn finish(self) -> Words {
        let flag = |attr: Attr<'_, ()>| attr.with_keyword().map(|(word, ())| word);
        Words {
            key: self.key.with_keyword(),
            prefix: self.prefix.with_keyword(),
            consts: self.consts.with_keyword(),
            skip: flag(self.skip),
            flatten: flag(self.flatten),
            redact: flag(self.redact),
            display: flag(self.display),
            debug: flag(self.debug),
        }
    }
}

/// `true` or `false`
fn parse_boolean(input: ParseStream<'_>, word: &Ident, symbol: Symbol) -> syn::Result<bool> {
    let value: LitBool = keywords::parse_value(input, word, symbol)?;
    Ok(value.value)
}

fn parse_flag(
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

fn check_text(cx: &Ctxt, text: &LitStr, what: &str) {
    if let Some(mistake) = words::mistake_in_key(&text.value()) {
        let message = format!("this {what} {mistake}, write it as in `alert.channel`");
        cx.error(text, message);
    }
}

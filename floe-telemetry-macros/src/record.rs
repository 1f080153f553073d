//! The key of an attribute, and an entry of `attributes(…)`: `key = value` or `argument.field`, with or without `%` or
//! `?`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Expr, ExprLit, Lit, LitStr, Member, Path, Token, ext::IdentExt, parse::ParseStream,
};

use crate::{ctxt::Ctxt, keywords, words};

pub(crate) struct Record {
    pub(crate) key: Key,
    pub(crate) format: Format,
    pub(crate) value: Expr,
    /// Whether the key is in quotes, which means that the user chose it for this value.
    pub(crate) quoted: bool,
    /// The argument that an entry without a key names. It must exist.
    pub(crate) shorthand: Option<Ident>,
    pub(crate) cfgs: Vec<Attribute>,
}

#[derive(Clone)]
pub(crate) enum Key {
    Text(LitStr),
    Const(Path),
}

impl Key {
    /// Parses the value of `key = …`.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
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

impl ToTokens for Key {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Text(text) => text.to_tokens(tokens),
            Self::Const(path) => path.to_tokens(tokens),
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Format {
    Debug,
    Display,
    Typed,
}

impl Format {
    /// Returns the name of the runtime's functions that record a value in this format.
    pub(crate) const fn function(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Display => "display",
            Self::Typed => "attribute",
        }
    }
}

pub(crate) fn list(cx: &Ctxt, input: ParseStream<'_>) -> Vec<Record> {
    let mut records = Vec::new();
    keywords::parse_each(
        cx,
        input,
        |_| true,
        |input| {
            records.push(parse_record(cx, input)?);
            Ok(())
        },
    );
    records
}

fn parse_record(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<Record> {
    let start = input.span();
    let quoted = input.peek(LitStr);
    if let Some((key, equals)) = assigned_key(input)? {
        let format = format(input)?;
        let value = parse_expression(input, equals.span)?;
        if let Key::Text(text) = &key {
            words::check_key(cx, "key", text);
        }

        return Ok(Record { key, format, value, quoted, shorthand: None, cfgs: Vec::new() });
    }

    if let Some(key) = unquoted_key(input) {
        let text = key.to_string().replace(' ', "");
        let message = format!("this key is not a word, put it in quotes: `\"{text}\" = value`");
        return Err(syn::Error::new_spanned(key, message));
    }

    let format = format(input)?;
    let value = parse_expression(input, start)?;
    let Some((first, text)) = place(&value) else {
        let message =
            "only an argument or its field can be recorded without a key, else write `key = value`";
        return Err(syn::Error::new_spanned(&value, message));
    };

    let key = Key::Text(LitStr::new(&text, first.span()));
    Ok(Record { key, format, value, quoted, shorthand: Some(first), cfgs: Vec::new() })
}

fn assigned_key(input: ParseStream<'_>) -> syn::Result<Option<(Key, Token![=])>> {
    let ahead = input.fork();
    if parse_key(&ahead).is_err() {
        return Ok(None);
    }

    if ahead.peek(Token![:]) {
        return Err(ahead.error("an attribute is written `key = value`, with `=`"));
    }

    if !keywords::is_assignment(&ahead) {
        return Ok(None);
    }

    Ok(Some((parse_key(input)?, input.parse()?)))
}

/// Returns the tokens before the `=` if they are a key whose characters need quotes, as in `1x = …`, `db-rows = …` or
/// `http.2xx = …`.
fn unquoted_key(input: ParseStream<'_>) -> Option<TokenStream> {
    let ahead = input.fork();
    let mut key = TokenStream::new();
    while !keywords::is_assignment(&ahead) {
        let tree = ahead.parse().ok()?;
        let is_part = match &tree {
            TokenTree::Punct(it) => matches!(it.as_char(), '-' | '.' | '/'),
            tree => !matches!(tree, TokenTree::Group(_)),
        };
        key.extend([is_part.then_some(tree)?]);
    }

    (!key.is_empty()).then_some(key)
}

pub(crate) fn format(input: ParseStream<'_>) -> syn::Result<Format> {
    if input.parse::<Option<Token![%]>>()?.is_some() {
        Ok(Format::Display)
    } else if input.parse::<Option<Token![?]>>()?.is_some() {
        Ok(Format::Debug)
    } else {
        Ok(Format::Typed)
    }
}

/// Parses an expression. An error about a missing value points at the token before, not at the end of the attribute.
fn parse_expression(input: ParseStream<'_>, before: Span) -> syn::Result<Expr> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(before, "expected a value, as in `key = value`"));
    }

    input.parse()
}

/// Parses `"quoted"`, `dotted.words`, or the path of a constant.
fn parse_key(input: ParseStream<'_>) -> syn::Result<Key> {
    if input.peek(LitStr) {
        return input.parse().map(Key::Text);
    }

    let is_path = input.peek(Token![::]) || {
        let ahead = input.fork();
        ahead.call(Ident::parse_any)?;
        ahead.peek(Token![::])
    };

    if is_path {
        return Path::parse_mod_style(input).map(Key::Const);
    }

    let first = input.call(Ident::parse_any)?;
    if !input.peek(Token![.]) && is_constant(&first) {
        return Ok(Key::Const(first.into()));
    }

    let mut text = first.unraw().to_string();
    while input.parse::<Option<Token![.]>>()?.is_some() {
        text.push('.');
        text.push_str(&input.call(Ident::parse_any)?.unraw().to_string());
    }

    Ok(Key::Text(LitStr::new(&text, first.span())))
}

pub(crate) fn is_constant(ident: &Ident) -> bool {
    let text = ident.to_string();
    text.contains(|c: char| c.is_ascii_uppercase()) && !text.contains(|c: char| c.is_lowercase())
}

/// Returns the first name of `argument.field`, and the resulting key, in which `self` is left out.
fn place(value: &Expr) -> Option<(Ident, String)> {
    match value {
        Expr::Path(path) => {
            let ident = path.path.get_ident()?.clone();
            let text = ident.unraw().to_string();
            Some((ident, text))
        }
        Expr::Field(field) => {
            let Member::Named(name) = &field.member else {
                return None;
            };

            let (first, text) = place(&field.base)?;
            let name = name.unraw();
            let key = if text == "self" { name.to_string() } else { format!("{text}.{name}") };
            Some((first, key))
        }
        _ => None,
    }
}

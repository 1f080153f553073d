//! Parses comma-separated lists, and continues after a mistake.

use proc_macro2::{Ident, TokenTree};
use syn::{Expr, Token, ext::IdentExt, parse::ParseStream, token::Paren};

use crate::{ctxt::Ctxt, symbol::Symbol, words};

/// Calls `one` for each item of a comma-separated list. After an error, it continues with the next item that `starts`
/// accepts.
pub(crate) fn parse_each(
    cx: &Ctxt,
    input: ParseStream<'_>,
    starts: fn(ParseStream<'_>) -> bool,
    mut one: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    while !input.is_empty() {
        if let Err(error) = one(input).and_then(|()| end(input)) {
            cx.syn(error);
            skip(input, starts);
        }

        let _: Option<Token![,]> = input.parse().unwrap_or_default();
    }
}

pub(crate) fn parse_keyword(
    input: ParseStream<'_>,
    accepted: &[Symbol],
) -> syn::Result<(Ident, Symbol)> {
    let words = accepted.iter().map(|symbol| symbol.word);
    let ident = input.call(Ident::parse_any).map_err(|error| {
        let words = words::one_of(&words.clone().collect::<Vec<_>>());
        syn::Error::new(error.span(), format_args!("expected {words}"))
    })?;

    if let Some(symbol) = accepted.iter().find(|symbol| symbol.is(&ident)) {
        return Ok((ident, *symbol));
    }

    let message = words::unknown("argument", &ident.to_string(), words);
    Err(syn::Error::new(ident.span(), message))
}

/// Returns the expression inside the invisible group of a `macro_rules!` fragment such as `$name:expr`.
pub(crate) fn ungrouped(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

/// Whether `=` follows, and not `==` or `=>`.
pub(crate) fn is_assignment(input: ParseStream<'_>) -> bool {
    input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>])
}

/// Whether an argument follows: an identifier, alone or before `=` or parentheses.
pub(crate) fn starts_argument(input: ParseStream<'_>) -> bool {
    input.call(Ident::parse_any).is_ok()
        && (is_assignment(input) || input.peek(Paren) || input.peek(Token![,]) || input.is_empty())
}

fn end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }

    Err(input.error("expected `,`"))
}

/// Skips to a comma before the end or before the start of another argument, because other commas may belong to closures
/// or generic arguments.
fn skip(input: ParseStream<'_>, starts: fn(ParseStream<'_>) -> bool) {
    while !input.is_empty() {
        let ahead = input.fork();
        let comma = ahead.parse::<Token![,]>().is_ok();
        if comma && (ahead.is_empty() || starts(&ahead)) {
            return;
        }

        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

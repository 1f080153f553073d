//! Searches tokens, which, unlike a visitor, cannot miss a part of the syntax.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Meta, spanned::Spanned};

pub(crate) fn any_ident(tokens: &impl ToTokens, predicate: impl Fn(&Ident) -> bool + Copy) -> bool {
    any(
        tokens.to_token_stream(),
        |tree| matches!(tree, TokenTree::Ident(ident) if predicate(ident)),
    )
}

pub(crate) fn any_punct(tokens: &impl ToTokens, character: char) -> bool {
    any(
        tokens.to_token_stream(),
        |tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == character),
    )
}

/// A `return` or an `await` in an expression, but not in functions inside it.
pub(crate) fn find_exit(tokens: &impl ToTokens) -> Option<Ident> {
    let is_function = |word: &Ident| word == "async" || word == "fn";
    let is_in_function = any_punct(tokens, '|') || any_ident(tokens, is_function);
    if is_in_function { None } else { find_exit_in(tokens.to_token_stream()) }
}

fn find_exit_in(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) => (word == "return" || word == "await").then_some(word),
        TokenTree::Group(group) => find_exit_in(group.stream()),
        _ => None,
    })
}

/// Whether `attr` can remove its item: `#[cfg(…)]` and `#[cfg_attr(…, cfg(…))]`.
pub(crate) fn is_conditional(attr: &Attribute) -> bool {
    match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            any_ident(&list.tokens, |word| word == "cfg")
        }
        meta => meta.path().is_ident("cfg"),
    }
}

/// A hygienic span whose errors are reported at the user's tokens.
pub(crate) fn on(tokens: &impl Spanned) -> Span {
    Span::mixed_site().located_at(tokens.span())
}

/// The tokens at `span`, with the same names.
pub(crate) fn located_at(tokens: TokenStream, span: Span) -> TokenStream {
    let at = |mut tree: TokenTree| {
        tree.set_span(tree.span().located_at(span));
        tree
    };
    tokens.into_iter().map(at).collect()
}

fn any(tokens: TokenStream, predicate: impl Fn(&TokenTree) -> bool + Copy) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => any(group.stream(), predicate),
        other => predicate(&other),
    })
}

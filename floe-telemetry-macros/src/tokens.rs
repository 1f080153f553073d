//! Searches tokens. Unlike a visitor of the syntax tree, such a search cannot miss a part of the syntax.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Meta, spanned::Spanned};

pub(crate) fn any_ident(tokens: &impl ToTokens, predicate: impl Fn(&Ident) -> bool + Copy) -> bool {
    any(
        tokens.to_token_stream(),
        |tree| matches!(tree, TokenTree::Ident(ident) if predicate(ident)),
    )
}

pub(crate) fn has_word(tokens: &impl ToTokens, words: &[&str]) -> bool {
    any_ident(tokens, |ident| words.iter().any(|word| ident == word))
}

pub(crate) fn any_punct(tokens: &impl ToTokens, character: char) -> bool {
    any(
        tokens.to_token_stream(),
        |tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == character),
    )
}

/// Finds a `return` or an `await` in an expression. Returns `None` if the expression contains `fn`, `async` or a `|`,
/// because the word may then belong to a function, a block or a closure.
pub(crate) fn find_exit(tokens: &impl ToTokens) -> Option<Ident> {
    let has_function = any_punct(tokens, '|') || has_word(tokens, &["async", "fn"]);
    if has_function { None } else { find_exit_in(tokens.to_token_stream()) }
}

fn find_exit_in(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) => (word == "return" || word == "await").then_some(word),
        TokenTree::Group(group) => find_exit_in(group.stream()),
        _ => None,
    })
}

/// Whether `attr` can remove its item.
pub(crate) fn is_conditional(attr: &Attribute) -> bool {
    is_named(attr, &["cfg"])
}

/// Whether an attribute has one of these names, or contains one in `cfg_attr(…)` or `unsafe(…)`.
pub(crate) fn is_named(attr: &Attribute, words: &[&str]) -> bool {
    let path = attr.path();
    match &attr.meta {
        Meta::List(list) if path.is_ident("cfg_attr") || path.is_ident("unsafe") => {
            has_word(&list.tokens, words)
        }
        _ => words.iter().any(|word| path.is_ident(word)),
    }
}

/// Returns a hygienic span whose errors are reported at the user's tokens.
pub(crate) fn on(tokens: &impl Spanned) -> Span {
    Span::mixed_site().located_at(tokens.span())
}

/// Moves the tokens to `span` and keeps the hygiene of their names.
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

//! Looking at tokens, so that no place that syntax can hide in is forgotten.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Meta};

/// Whether a word in `tokens`, at any depth, is what `predicate` looks for.
pub(crate) fn any_ident(tokens: &impl ToTokens, predicate: impl Fn(&Ident) -> bool + Copy) -> bool {
    any(tokens.to_token_stream(), predicate)
}

/// Whether `attr` may take away what it is on: `#[cfg(…)]`, and `#[cfg_attr(…, cfg(…))]`.
pub(crate) fn is_conditional(attr: &Attribute) -> bool {
    match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            any_ident(&list.tokens, |word| word == "cfg")
        }
        meta => meta.path().is_ident("cfg"),
    }
}

fn any(tokens: TokenStream, predicate: impl Fn(&Ident) -> bool + Copy) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => predicate(&ident),
        TokenTree::Group(group) => any(group.stream(), predicate),
        _ => false,
    })
}

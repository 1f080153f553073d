//! The attributes that a method in a block has of its own: which are for us, and what they say.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Meta, Path, Token, parse::Parser, punctuated::Punctuated};

use super::args;

/// `#[cfg_attr(predicate, traced(…), …)]`, or what is in another of these.
pub(super) struct Conditional {
    pub(super) predicate: TokenStream,
    /// The arguments of each, without `skip`.
    pub(super) own: Vec<TokenStream>,
    /// One of them is `skip`.
    pub(super) skips: bool,
    /// What is not for us.
    pub(super) others: Vec<Meta>,
}

impl Conditional {
    /// `None` if nothing in it is for us.
    pub(super) fn of(attr: &Attribute) -> Option<Vec<Self>> {
        let mut found = Vec::new();
        collect(None, &attr.meta, &mut found)?;
        found.iter().any(Self::decides).then_some(found)
    }

    /// Whether there is one for us.
    pub(super) fn decides(&self) -> bool {
        self.skips || !self.own.is_empty()
    }
}

fn collect(around: Option<&TokenStream>, meta: &Meta, found: &mut Vec<Conditional>) -> Option<()> {
    let Meta::List(list) = meta else { return None };
    if !ends_in(&list.path, "cfg_attr") {
        return None;
    }
    let metas = Punctuated::<Meta, Token![,]>::parse_terminated;
    let mut metas = metas.parse2(list.tokens.clone()).ok()?.into_iter();
    let predicate = metas.next()?;
    let predicate = around.map_or_else(
        || quote!(#predicate),
        |around| quote!(all(#around, #predicate)),
    );
    let at = found.len();
    let mut own = Vec::new();
    let mut others = Vec::new();
    for meta in metas {
        match &meta {
            Meta::List(list)
                if ends_in(&list.path, "traced") || is_ours(&list.path, &list.tokens) =>
            {
                own.push(list.tokens.clone());
            }
            Meta::List(_) if collect(Some(&predicate), &meta, found).is_some() => {}
            other if ends_in(other.path(), "traced") => own.push(TokenStream::new()),
            _ => others.push(meta),
        }
    }
    let (skips, own): (Vec<_>, Vec<_>) = own.into_iter().partition(args::is_skip);
    let here = Conditional {
        predicate,
        own,
        skips: !skips.is_empty(),
        others,
    };
    found.insert(at, here);
    Some(())
}

/// The condition under which none of them says `skip`.
pub(super) fn unless_skipped(conditional: &[Conditional]) -> Option<TokenStream> {
    let skips = conditional.iter().filter(|it| it.skips);
    let skips: Vec<_> = skips.map(|it| &it.predicate).collect();
    (!skips.is_empty()).then(|| quote!(not(any(#(#skips),*))))
}

/// Whether more arguments can follow these only behind a comma.
pub(super) fn needs_comma(tokens: &TokenStream) -> bool {
    match tokens.clone().into_iter().last() {
        None => false,
        Some(TokenTree::Punct(last)) => last.as_char() != ',',
        Some(_) => true,
    }
}

/// Attributes that may say `skip` of a method to a macro around its block.
const OTHERS: [&str; 6] = ["graphql", "napi", "oai", "pyo3", "serde", "wasm_bindgen"];

/// `#[traced(skip)]`, under whatever name it was imported.
pub(super) fn is_skip(attr: &Attribute) -> bool {
    !is_called(attr, "cfg_attr") && arguments(attr).is_some_and(|own| is_ours(attr.path(), &own))
}

fn is_ours(path: &Path, own: &TokenStream) -> bool {
    args::is_skip(own) && !OTHERS.iter().any(|other| ends_in(path, other))
}

pub(super) fn is_called(attr: &Attribute, word: &str) -> bool {
    ends_in(attr.path(), word)
}

pub(super) fn ends_in(path: &Path, word: &str) -> bool {
    path.segments.last().is_some_and(|it| it.ident == word)
}

pub(super) fn arguments(attr: &Attribute) -> Option<TokenStream> {
    match &attr.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        _ => None,
    }
}

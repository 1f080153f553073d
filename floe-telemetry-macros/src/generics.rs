//! Bounds on the types of fields that depend on a type parameter.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Generics, Type, WherePredicate, parse_quote};

use crate::tokens;

/// What the type of a field has to be.
pub(crate) struct Bound<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) what: TokenStream,
    pub(crate) on: On,
}

#[derive(Clone, Copy)]
pub(crate) enum On {
    /// The type itself: `Option<T>` may be fine where `T` is, and `PhantomData<T>` does not become
    /// so by it.
    Type,
    /// The type parameters in it, as the standard library derives: for what is not asked of the
    /// type itself, but of what is in an `Option`.
    Parameters,
}

/// `generics` with those of `bounds` whose type mentions a type parameter, each once.
pub(crate) fn with_bounds<'a>(
    generics: &Generics,
    bounds: impl Iterator<Item = Bound<'a>>,
) -> Generics {
    let parameters: Vec<_> = generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .collect();
    let mut generics = generics.clone();
    let mut seen = HashSet::new();
    for Bound { ty, what, on } in bounds {
        // A word that only looks like a parameter costs a bound that holds anyway.
        let mentioned = parameters
            .iter()
            .filter(|parameter| tokens::any_ident(ty, |ident| ident == **parameter));
        let predicates: Vec<WherePredicate> = match on {
            On::Type => mentioned
                .take(1)
                .map(|_| parse_quote!(#ty: #what))
                .collect(),
            On::Parameters => mentioned.map(|ident| parse_quote!(#ident: #what)).collect(),
        };
        for predicate in predicates {
            if seen.insert(predicate.to_token_stream().to_string()) {
                generics.make_where_clause().predicates.push(predicate);
            }
        }
    }
    generics
}

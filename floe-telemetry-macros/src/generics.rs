//! Bounds on the types of fields that depend on a type parameter.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Generics, Type, parse_quote};

use crate::tokens;

/// `generics` with `bound` on each of `types` that mentions a type parameter, once.
///
/// The bound is on the field's type and not on the parameter: `Option<T>` may be fine where `T` is,
/// and `PhantomData<T>` does not become so by it.
pub(crate) fn with_bound<'a>(
    generics: &Generics,
    types: impl Iterator<Item = &'a Type>,
    bound: &TokenStream,
) -> Generics {
    let parameters: Vec<_> = generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .collect();
    let mut generics = generics.clone();
    let mut seen = HashSet::new();
    for ty in types {
        // A word that only looks like a parameter costs a bound that holds anyway.
        let depends = tokens::any_ident(ty, |ident| parameters.contains(&ident));
        if depends && seen.insert(ty.to_token_stream().to_string()) {
            generics
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: #bound));
        }
    }
    generics
}

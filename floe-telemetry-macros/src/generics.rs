//! Bounds on the types of fields that depend on a type parameter.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Generics, Type, WherePredicate, parse_quote};

use crate::tokens;

/// Adds to `generics` each bound whose type contains a type parameter, without duplicates.
pub(crate) fn with_bounds<'a>(
    generics: &Generics,
    bounds: impl Iterator<Item = (&'a Type, TokenStream)>,
) -> Generics {
    let parameters: Vec<_> = generics.type_params().map(|parameter| &parameter.ident).collect();
    let mut generics = generics.clone();
    let mut seen = HashSet::new();
    for (ty, what) in bounds {
        // Another identifier with the name of a parameter only adds a bound that holds anyway.
        let is_parameter = |ident: &Ident| parameters.contains(&ident);
        let predicate: WherePredicate = parse_quote!(#ty: #what);
        if tokens::any_ident(ty, is_parameter)
            && seen.insert(predicate.to_token_stream().to_string())
        {
            generics.make_where_clause().predicates.push(predicate);
        }
    }
    generics
}

//! Bounds on the types of fields that depend on a type parameter.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{GenericArgument, Generics, PathArguments, Type, WherePredicate, parse_quote};

use crate::tokens;

pub(crate) struct Bound<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) what: TokenStream,
    pub(crate) on: On,
}

#[derive(Clone, Copy)]
pub(crate) enum On {
    /// The whole type of the field. This is for a trait that `Option<T>` implements if `T` does, and `PhantomData<T>`
    /// never does.
    Type,
    /// The type parameters in the field's type and their associated types, such as `I::Item`, as in the derives of the
    /// standard library. For traits that the value inside an `Option` must implement.
    Parameters,
}

/// Adds to `generics` each bound whose type contains a type parameter, without duplicates.
pub(crate) fn with_bounds<'a>(
    generics: &Generics,
    bounds: impl Iterator<Item = Bound<'a>>,
) -> Generics {
    let parameters: Vec<_> = generics.type_params().map(|parameter| &parameter.ident).collect();
    let mut generics = generics.clone();
    let mut seen = HashSet::new();
    for Bound { ty, what, on } in bounds {
        // Another identifier with the name of a parameter only adds a bound that holds anyway.
        let is_parameter = |ident: &Ident| parameters.contains(&ident);
        let predicates: Vec<WherePredicate> = match on {
            On::Type => tokens::any_ident(ty, is_parameter)
                .then(|| parse_quote!(#ty: #what))
                .into_iter()
                .collect(),
            On::Parameters => {
                let mut found = Vec::new();
                open(ty, is_parameter, &mut found);
                found.iter().map(|ty| parse_quote!(#ty: #what)).collect()
            }
        };
        for predicate in predicates {
            if seen.insert(predicate.to_token_stream().to_string()) {
                generics.make_where_clause().predicates.push(predicate);
            }
        }
    }
    generics
}

/// Collects the type parameters in `ty`, and their associated types, in `found`.
fn open<'a>(ty: &'a Type, is_parameter: impl Fn(&Ident) -> bool + Copy, found: &mut Vec<&'a Type>) {
    match ty {
        Type::Array(array) => open(&array.elem, is_parameter, found),
        Type::Group(group) => open(&group.elem, is_parameter, found),
        Type::Paren(paren) => open(&paren.elem, is_parameter, found),
        Type::Reference(reference) => open(&reference.elem, is_parameter, found),
        Type::Slice(slice) => open(&slice.elem, is_parameter, found),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|ty| open(ty, is_parameter, found)),
        Type::Path(path) => {
            let first = path.path.segments.first();
            let belongs = match &path.qself {
                Some(of) => tokens::any_ident(&of.ty, is_parameter),
                None => first.is_some_and(|first| is_parameter(&first.ident)),
            };

            if belongs {
                found.push(ty);
                return;
            }

            for segment in &path.path.segments {
                if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
                    for argument in &arguments.args {
                        if let GenericArgument::Type(ty) = argument {
                            open(ty, is_parameter, found);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

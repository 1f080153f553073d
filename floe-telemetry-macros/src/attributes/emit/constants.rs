//! A constant for each key.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::{Field, Key, Model};
use crate::tokens::{located_at, on};

pub(super) fn emit(model: &Model<'_>) -> TokenStream {
    let (vis, ident) = (&model.original.vis, &model.original.ident);
    let mut seen = HashSet::new();
    let fields = model.shape.fields();
    let constants = fields.into_iter().filter_map(|field| {
        let (constant, key) = (field.constant.as_ref()?, field.key()?);
        if !seen.insert(constant) {
            return None; // of another variant, and the same
        }
        let (docs, deprecation) = (documentation(field, key), &field.docs.deprecation);
        // If the type has another constant of this name, the error points at the field, and names this
        // macro.
        let at = on(&field.original.ident);
        let private = located_at(model.krate.private(), at);
        Some(quote_spanned! {at=>
            #private::write_floe_consts_false_for_a_constant_of_your_own! {
                #(#[doc = #docs])*
                #deprecation
                #vis #constant = #key
            }
        })
    });
    let mut constants = constants.peekable();
    if constants.peek().is_none() {
        return TokenStream::new();
    }
    let (impl_generics, type_generics, where_clause) = model.original.generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #[allow(dead_code, deprecated)]
        impl #impl_generics #ident #type_generics #where_clause {
            #(#constants)*
        }
    }
}

fn documentation(field: &Field<'_>, key: &Key) -> Vec<String> {
    let name = field.original.ident.as_ref().map(IdentExt::unraw);
    let name = name.map(|name| name.to_string()).unwrap_or_default();
    let first = match key {
        Key::Text(key) => format!(" The key of `{name}`: `{}`.", key.value()),
        Key::Const(_) => format!(" The key of `{name}`."),
    };
    let more = [&field.docs.brief, &field.docs.note].into_iter().filter(|text| !text.is_empty());
    let more = more.flat_map(|text| {
        let lines = text.lines().map(|line| format!(" {line}"));
        std::iter::once(String::new()).chain(lines)
    });
    std::iter::once(first).chain(more).collect()
}

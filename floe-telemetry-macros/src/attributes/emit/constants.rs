//! Emits a constant for each key.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::{Field, Key, Model};
use crate::tokens::on;

pub(super) fn emit(model: &Model<'_>) -> TokenStream {
    let vis = &model.original.vis;
    let ident = &model.original.ident;

    let constants = model.shape.fields().iter().filter_map(|field| {
        let constant = field.constant.as_ref()?;
        let key = field.key()?;
        let docs = documentation(field, key);
        // If the type has another constant of this name, the error points at the field.
        Some(quote_spanned! {on(&field.original.ident)=>
            #[doc = #docs]
            #vis const #constant: &'static ::core::primitive::str = #key;
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

fn documentation(field: &Field<'_>, key: &Key) -> String {
    let ident = field.original.ident.as_ref().map(IdentExt::unraw);
    let name = ident.map(|ident| ident.to_string()).unwrap_or_default();

    match key {
        Key::Text(key) => format!(" The key of `{name}`: `{}`.", key.value()),
        Key::Const(_) => format!(" The key of `{name}`."),
    }
}

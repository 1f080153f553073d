//! [`Model`] into an impl of the trait and the constants with the keys.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use super::{
    attr::Key,
    model::{Field, Model},
};
use crate::generics;

/// The whole expansion.
pub(super) fn emit(model: &Model<'_>) -> TokenStream {
    let keys = model.fields.iter().map(|field| &field.key);
    let records = model.fields.iter().map(record);
    let attributes = implementation(model, &quote!(#(#keys),*), &quote!(#(#records)*));
    let constants = constants(model);
    quote!(#attributes #constants)
}

/// Implements the trait and records nothing.
pub(super) fn stub(model: &Model<'_>) -> TokenStream {
    implementation(model, &TokenStream::new(), &TokenStream::new())
}

fn implementation(model: &Model<'_>, keys: &TokenStream, records: &TokenStream) -> TokenStream {
    let (krate, ident) = (model.krate, &model.original.ident);
    let bound = quote_spanned!(Span::mixed_site()=> #krate::attributes::ToAttributeValue);
    let types = model.fields.iter().map(|field| &field.original.ty);
    let generics = generics::with_bound(&model.original.generics, types, &bound);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = model.original.generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::FloeAttributes for #ident #type_generics #where_clause {
            const KEYS: &'static [&'static ::core::primitive::str] = &[#keys];

            fn record(&self, __floe_list: &mut #krate::attributes::AttributeList) {
                #records
            }
        }
    }
}

/// Spanned on the field's type, where the error belongs when that is no attribute.
fn record(field: &Field<'_>) -> TokenStream {
    let (key, ident) = (&field.key, field.ident);
    let on_type = Span::mixed_site().located_at(field.original.ty.span());
    let value = quote_spanned!(on_type=> &self.#ident);
    quote_spanned!(Span::mixed_site()=> __floe_list.set(#key, #value);)
}

fn constants(model: &Model<'_>) -> TokenStream {
    let (vis, ident) = (&model.original.vis, &model.original.ident);
    let constants = model.fields.iter().filter_map(|field| {
        let (constant, key) = (field.constant.as_ref()?, &field.key);
        let doc = documentation(field);
        Some(quote_spanned! {Span::mixed_site()=>
            #[doc = #doc]
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
        #[allow(dead_code)]
        impl #impl_generics #ident #type_generics #where_clause {
            #(#constants)*
        }
    }
}

fn documentation(field: &Field<'_>) -> String {
    let name = field.ident.unraw();
    match &field.key {
        Key::Text(key) => format!(" The key of `{name}`: `{}`.", key.value()),
        Key::Const(_) => format!(" The key of `{name}`."),
    }
}

impl ToTokens for Key {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Text(text) => text.to_tokens(tokens),
            Self::Const(path) => path.to_tokens(tokens),
        }
    }
}

//! The impl of `ToAttributeValue`, for types that are a single attribute's value.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Generics;

use super::{Field, Model, Record, bounds, emit_text, makes_text};
use crate::attributes::model::Word;
use crate::tokens::{located_at, on};

pub(super) fn words(model: &Model<'_>, words: &[Word<'_>]) -> TokenStream {
    let krate = model.krate;
    let arms = words.iter().map(
        |Word { ident, value, .. }| quote_spanned!(Span::mixed_site()=> Self::#ident => #value,),
    );
    let items = quote_spanned! {Span::mixed_site()=>
        #[inline]
        fn to_attribute_value(&self) -> ::core::option::Option<#krate::attributes::AttributeValue> {
            ::core::option::Option::Some(#krate::attributes::AttributeValue::Static(match self {
                #(#arms)*
            }))
        }
    };
    implementation(model, &model.original.generics, &items)
}

pub(super) fn transparent(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (krate, private) = (model.krate, model.krate.private());
    let (ty, member) = (&field.original.ty, &field.member);
    let on_type = on(ty);
    let value = quote_spanned!(on_type=> &self.#member);
    let value = if let Record::Value(_, Some(how)) = &field.record {
        emit_text(model, field, *how, &value)
    } else {
        let path = quote!(#krate::attributes::ToAttributeValue::to_attribute_value);
        let path = located_at(path, on_type);
        quote_spanned!(on_type=> #path(#value))
    };
    let present = makes_text(std::slice::from_ref(field))
        .then(|| quote_spanned!(Span::mixed_site()=> #[allow(unused_imports)] use #private::Present as _;));
    let items = quote_spanned! {Span::mixed_site()=>
        #[inline]
        fn to_attribute_value(&self) -> ::core::option::Option<#krate::attributes::AttributeValue> {
            #present
            #value
        }
    };
    implementation(model, &bounds(model), &items)
}

pub(super) fn stub(model: &Model<'_>) -> TokenStream {
    let krate = model.krate;
    let items = quote_spanned! {Span::mixed_site()=>
        fn to_attribute_value(&self) -> ::core::option::Option<#krate::attributes::AttributeValue> {
            ::core::option::Option::None
        }
    };
    implementation(model, &model.original.generics, &items)
}

fn implementation(model: &Model<'_>, generics: &Generics, items: &TokenStream) -> TokenStream {
    let (krate, ident) = (model.krate, &model.original.ident);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::attributes::ToAttributeValue for #ident #type_generics #where_clause {
            #items
        }
    }
}

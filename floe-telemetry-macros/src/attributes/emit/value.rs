//! The impl of `ToAttributeValue`, for types that are a single attribute's value.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Generics;

use super::{Field, Model, Record, bounds, emit_text, implementation, present};
use crate::attributes::model::Word;
use crate::tokens::{located_at, on};

pub(super) fn words(model: &Model<'_>, words: &[Word<'_>]) -> TokenStream {
    let krate = model.krate;
    let arms = words.iter().map(
        |Word { ident, value, .. }| quote_spanned!(Span::mixed_site()=> Self::#ident => #value,),
    );
    let value = quote_spanned! {Span::mixed_site()=>
        ::core::option::Option::Some(#krate::attributes::AttributeValue::Static(match self {
            #(#arms)*
        }))
    };
    emit(model, &model.original.generics, &value)
}

pub(super) fn transparent(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let krate = model.krate;
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
    let present = present(model);
    emit(model, &bounds(model), &quote!(#present #value))
}

pub(super) fn stub(model: &Model<'_>) -> TokenStream {
    let none = quote_spanned!(Span::mixed_site()=> ::core::option::Option::None);
    emit(model, &model.original.generics, &none)
}

fn emit(model: &Model<'_>, generics: &Generics, value: &TokenStream) -> TokenStream {
    let krate = model.krate;
    let items = quote_spanned! {Span::mixed_site()=>
        #[inline]
        fn to_attribute_value(&self) -> ::core::option::Option<#krate::attributes::AttributeValue> {
            #value
        }
    };
    implementation(model, &quote!(attributes::ToAttributeValue), generics, &items)
}

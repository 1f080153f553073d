//! Emits the impl of `ToAttributeValue` for an enum, which is the value of a single attribute.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Model, implementation};
use crate::attributes::model::Word;

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
    emit(model, &value)
}

pub(super) fn stub(model: &Model<'_>) -> TokenStream {
    emit(model, &quote_spanned!(Span::mixed_site()=> ::core::option::Option::None))
}

fn emit(model: &Model<'_>, value: &TokenStream) -> TokenStream {
    let krate = model.krate;
    let items = quote_spanned! {Span::mixed_site()=>
        #[inline]
        fn to_attribute_value(&self) -> ::core::option::Option<#krate::attributes::AttributeValue> {
            #value
        }
    };
    let of = quote!(attributes::ToAttributeValue);
    implementation(model, &of, &model.original.generics, &items)
}

//! Emits the impls and the constants with the keys from the [`Model`].

mod attributes;
mod constants;
mod keys;
mod value;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Generics;

use super::{
    attr::Text,
    model::{Field, Model, Record, Shape},
};
use crate::{
    generics::{self, Bound, On},
    record::Key,
    tokens::on,
};

pub(super) fn emit(model: &Model<'_>) -> TokenStream {
    match &model.shape {
        Shape::Struct(_) => {
            let attributes = attributes::emit(model);
            let constants = constants::emit(model);
            quote!(#attributes #constants)
        }
        Shape::Words(words) => value::words(model, words),
        Shape::Neither => TokenStream::new(),
    }
}

/// After a mistake, emits impls that record nothing, so that other code compiles.
pub(super) fn stub(model: &Model<'_>) -> TokenStream {
    match &model.shape {
        Shape::Struct(_) => {
            let attributes = attributes::stub(model);
            let constants = constants::emit(model);
            quote!(#attributes #constants)
        }
        Shape::Words(_) => value::stub(model),
        Shape::Neither => {
            let attributes = attributes::stub(model);
            let value = value::stub(model);
            quote!(#attributes #value)
        }
    }
}

fn implementation(
    model: &Model<'_>,
    of: &TokenStream,
    generics: &Generics,
    items: &TokenStream,
) -> TokenStream {
    let krate = model.krate;
    let ident = &model.original.ident;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #krate::#of for #ident #type_generics #where_clause {
            #items
        }
    }
}

fn bounds(model: &Model<'_>) -> Generics {
    let krate = model.krate;
    let fields = model.shape.fields();
    let bounds = fields.iter().filter_map(|field| {
        let span = Span::mixed_site();
        let (what, on) = match &field.record {
            Record::Nested => (quote_spanned!(span=> #krate::FloeAttributes), On::Type),
            Record::Value(_, None) => {
                (quote_spanned!(span=> #krate::attributes::ToAttributeValue), On::Type)
            }
            Record::Value(_, Some(Text::Display)) => {
                (quote_spanned!(span=> ::core::fmt::Display), On::Parameters)
            }
            Record::Value(_, Some(Text::Debug)) => {
                (quote_spanned!(span=> ::core::fmt::Debug), On::Parameters)
            }
            Record::Value(_, Some(Text::Redact)) => return None,
        };

        Some(Bound { ty: &field.original.ty, what, on })
    });

    generics::with_bounds(&model.original.generics, bounds)
}

/// Emits the key of a field. A key given as a path is used only in the field's constant, if there is one, and elsewhere
/// through that constant, so a path that is not text causes one compile error instead of several.
fn emit_key(field: &Field<'_>) -> TokenStream {
    match (field.key(), &field.constant) {
        (Some(Key::Const(path)), Some(constant)) => {
            let span = on(path);
            let constant = syn::Ident::new(&constant.to_string(), span);
            quote_spanned!(span=> Self::#constant)
        }
        (key, _) => key.to_token_stream(),
    }
}

//! Emits the impls and the constants with the keys from the [`Model`].

mod attributes;
mod constants;
mod keys;
mod value;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Generics;

use super::model::{Field, Model, Record, Shape};
use crate::{generics, record::Key, tokens::on};

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
    let attributes = attributes::stub(model);
    let value = value::stub(model);
    let constants = constants::emit(model);
    quote!(#attributes #value #constants)
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

/// Returns the bounds of the fields, except those that are recorded as text: of an `Option`, only the content has a text,
/// so the program writes that bound.
fn bounds(model: &Model<'_>) -> Generics {
    let krate = model.krate;
    let fields = model.shape.fields();
    let bounds = fields.iter().filter_map(|field| {
        let span = Span::mixed_site();
        let what = match &field.record {
            Record::Nested => quote_spanned!(span=> #krate::FloeAttributes),
            Record::Value(_, None) => quote_spanned!(span=> #krate::attributes::ToAttributeValue),
            Record::Value(_, Some(_)) => return None,
        };

        Some((&field.original.ty, what))
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

//! The impl of `FloeAttributes`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::GenericParam;

use super::{Field, Model, Record, Text, bounds, emit_key, implementation, keys};
use crate::tokens::{located_at, on};

pub(super) fn emit(model: &Model<'_>) -> TokenStream {
    let krate = model.krate;
    let keys = keys::emit(model);
    let record = structure(model);
    let present = present(model);
    let (check_inside, check_outside) = check(model);
    let items = quote_spanned! {Span::mixed_site()=>
        #keys

        fn record(&self, __floe_list: &mut #krate::attributes::AttributeList) {
            #check_inside
            #present
            #record
        }
    };
    let attributes = implementation(model, &quote!(FloeAttributes), &bounds(model), &items);
    quote!(#attributes #check_outside)
}

pub(super) fn stub(model: &Model<'_>) -> TokenStream {
    let krate = model.krate;
    let items = quote_spanned! {Span::mixed_site()=>
        const KEYS: &'static [&'static ::core::primitive::str] = &[];

        fn record(&self, _: &mut #krate::attributes::AttributeList) {}
    };
    implementation(model, &quote!(FloeAttributes), &model.original.generics, &items)
}

/// Emits the import of the trait that recognizes an `Option`, if a field has `display`, `debug` or `redact`.
fn present(model: &Model<'_>) -> Option<TokenStream> {
    let private = model.krate.private();
    let mut fields = model.shape.fields().iter();
    let makes_text = fields.any(|field| matches!(field.record, Record::Value(_, Some(_))));
    makes_text.then(
        || quote_spanned!(Span::mixed_site()=> #[allow(unused_imports)] use #private::Present as _;),
    )
}

/// Emits a check for duplicate keys inside or outside the impl, so that they are reported even if the keys are unused.
/// A generic type can be checked only inside, where its parameters are known.
fn check(model: &Model<'_>) -> (TokenStream, TokenStream) {
    let krate = model.krate;
    let ident = &model.original.ident;
    let generics = &model.original.generics;
    if !keys::is_checked(model) {
        return Default::default();
    }

    if generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_))) {
        let inside = quote_spanned!(Span::mixed_site()=> let _ = const { Self::KEYS };);
        return (inside, TokenStream::new());
    }

    let elided = generics.lifetimes().map(|_| quote!('_));
    let lifetimes = (!generics.params.is_empty()).then(|| quote!(<#(#elided),*>));
    let outside = quote_spanned! {Span::mixed_site()=>
        const _: &[&::core::primitive::str] = <#ident #lifetimes as #krate::FloeAttributes>::KEYS;
    };
    (TokenStream::new(), outside)
}

fn structure(model: &Model<'_>) -> TokenStream {
    let record = |field: &Field<'_>| {
        let member = &field.member;
        let on_type = on(&field.original.ty);
        record(model, field, &quote_spanned!(on_type=> &self.#member))
    };

    model.shape.fields().iter().map(record).collect()
}

fn record(model: &Model<'_>, field: &Field<'_>, value: &TokenStream) -> TokenStream {
    let krate = model.krate;
    let private = krate.private();
    let span = Span::mixed_site();
    match &field.record {
        Record::Nested => {
            let on_type = on(&field.original.ty);
            let record = located_at(quote!(#krate::FloeAttributes::record), on_type);
            quote_spanned!(on_type=> #record(#value, __floe_list);)
        }
        Record::Value(_, None) => {
            let key = emit_key(field);
            quote_spanned!(span=> __floe_list.set(#key, #value);)
        }
        Record::Value(_, Some(how)) => {
            let how = match how {
                Text::Display => quote!(display),
                Text::Debug => quote!(debug),
                Text::Redact => quote!(redact),
            };

            // An error about an unsupported type is reported at the type of the field.
            let on_type = on(&field.original.ty);
            let present = located_at(quote!(#private::Field), on_type);
            let value = quote_spanned!(on_type=> #present(#value).__floe_present());
            let key = emit_key(field);
            quote_spanned!(span=> #private::#how(__floe_list, #key, #value);)
        }
    }
}

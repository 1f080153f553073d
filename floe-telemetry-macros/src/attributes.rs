//! Expands `#[derive(FloeAttributes)]` in the stages `attr`, `model` and `emit`.
//!
//! After a mistake, an impl without attributes is emitted, so that each mistake causes one error, without further
//! errors where the type is used.

mod attr;
mod case;
mod emit;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::model::{Model, Record};
use crate::{ctxt::Ctxt, krate::Krate, record::Key, semconv::Keys};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => derive(&input),
        Err(error) => error.into_compile_error(),
    }
}

fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let container = attr::of_container(&cx, &input.attrs);
    let krate = Krate::new(container.path().cloned());
    let model = Model::new(&cx, input, &container, &krate);
    let warnings = warnings(&model);
    match cx.check() {
        Ok(()) => {
            let emitted = emit::emit(&model);
            quote!(#emitted #warnings)
        }
        Err(error) => {
            let stub = emit::stub(&model);
            let errors = error.into_compile_error();
            quote!(#stub #errors)
        }
    }
}

/// Emits the warnings about keys as separate items, each with the `allow` attributes of the type and the field.
fn warnings(model: &Model<'_>) -> TokenStream {
    let items = model.shape.fields().iter().filter_map(|field| {
        let keys = Keys::of_derive();
        if let Some(Key::Text(key)) = field.key() {
            keys.key(key);
            if let Record::Value(_, text) = &field.record {
                keys.field(key, &field.original.ty, text.is_some());
            }
        }

        let warnings = keys.into_warnings();
        let attrs = model.original.attrs.iter().chain(&field.original.attrs);
        let levels = attrs.filter(|attr| attr.path().is_ident("allow"));
        (!warnings.is_empty()).then(|| quote!(#(#levels)* const _: () = { #warnings };))
    });

    items.collect()
}

//! `#[derive(FloeAttributes)]`: `attr → model → emit`.
//!
//! After a mistake an impl without attributes is emitted, so that each mistake causes one error and none at
//! the uses of the type.

mod attr;
mod case;
mod docs;
mod emit;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use self::{attr::Container, model::Model};
use crate::{ctxt::Ctxt, krate::Krate};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => derive(&input),
        Err(error) => error.into_compile_error(),
    }
}

fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::new();
    let container = Container::from_attrs(&cx, &input.attrs);
    let krate = Krate::new(container.krate.clone());
    let model = Model::new(&cx, input, &container, &krate);
    match cx.check() {
        Ok(()) => emit::emit(&model),
        Err(error) => {
            let stub = emit::stub(&model);
            let errors = error.into_compile_error();
            quote!(#stub #errors)
        }
    }
}

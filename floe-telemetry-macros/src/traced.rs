//! `#[traced]`: `args → item → model → emit`.
//!
//! After a mistake the function is emitted as it was written, beside all errors, so that one mistake
//! is one error and an editor keeps its knowledge of the function.

mod args;
mod arguments;
mod attributes_fn;
mod emit;
mod item;
mod model;
mod output;
mod record;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use self::{args::Args, item::Function, model::Traced};
use crate::ctxt::Ctxt;

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    try_expand(args, item).unwrap_or_else(|error| {
        let errors = error.into_compile_error();
        quote!(#item #errors)
    })
}

fn try_expand(args: TokenStream, item: &TokenStream) -> syn::Result<TokenStream> {
    let cx = Ctxt::new();
    let args = Args::parse(&cx, args);
    let function = Function::parse(&cx, item.clone());
    let traced = function
        .as_ref()
        .map(|function| Traced::new(&cx, args, function));
    cx.check()?;
    Ok(traced.map_or_else(|| item.clone(), |traced| emit::emit(&traced)))
}

//! Expands `#[traced]` in the stages `args`, `item`, `model` and `emit`.
//!
//! After a mistake, the function or block is emitted without spans, together with all errors, so that each mistake
//! causes one error and an editor can still resolve it.

mod args;
mod arguments;
mod attributes_fn;
mod block;
mod boxing;
mod emit;
mod item;
mod model;
mod secrets;
mod signature;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use self::{block::Block, item::Function, model::Traced};
use crate::{ctxt::Ctxt, given::Given};

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    let expanded = if Block::is_next(item) {
        expand_block(args, item)
    } else {
        expand_function(args, item).map_err(|error| (item.clone(), error))
    };

    expanded.unwrap_or_else(|(item, error)| {
        let errors = error.into_compile_error();
        quote!(#item #errors)
    })
}

fn expand_function(args: TokenStream, item: &TokenStream) -> syn::Result<TokenStream> {
    let cx = Ctxt::default();
    // A block removes `#[traced(skip)]` from its methods, unless the macro has another name there or the attribute is
    // in a `cfg_attr`.
    if args::is_skip(&args) {
        if Function::parse(&Ctxt::default(), item.clone()).is_some_and(|it| !it.is_method()) {
            cx.error(args, "`skip` excludes a method of an `impl` block with `#[traced]`: remove it from this function");
        }

        cx.check()?;
        return Ok(item.clone());
    }

    let args = args::parse(&cx, args);
    let function = Function::parse(&cx, item.clone());
    let traced = function.as_ref().map(|function| Traced::new(&cx, args, function));
    cx.check()?;
    Ok(traced.map_or_else(|| item.clone(), |traced| emit::emit(&traced)))
}

/// Expands a block. Arguments that can be checked without a method are checked once, not for each method.
fn expand_block(
    args: TokenStream,
    item: &TokenStream,
) -> Result<TokenStream, (TokenStream, syn::Error)> {
    let cx = Ctxt::default();
    let args = args::parse(&cx, args);
    let block = Block::parse(item.clone()).map_err(|error| cx.syn(error)).ok();
    model::check_block(&cx, &args, block.as_ref());
    let emit = |args: Option<&Given>| {
        block.as_ref().map_or_else(|| item.clone(), |block| block.emit(args))
    };

    let traced = emit(Some(&args));
    cx.check().map_err(|error| (emit(None), error))?;
    Ok(traced)
}

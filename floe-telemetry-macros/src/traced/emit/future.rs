//! Emits a body that is a future.

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ReturnType, Signature, Token, parse_quote_spanned, spanned::Spanned};

use super::{
    at_result, callsite, declared, nested, opening, outcome,
    parameters::{self, Place},
};
use crate::tokens::{self, on};
use crate::traced::{
    boxing::AsyncTrait,
    model::{Parent, Traced},
    signature::Output,
};

/// Emits one `async` block in the runtime's wrapper, if possible in a function that is no longer `async`, because an
/// `async fn` that contains another future would store every argument twice, and so would each of its callers.
pub(super) fn of_async_fn(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let body = traced.function.body.to_token_stream();
    let stays_async = traced.stays_async();
    let place = if stays_async { Place::FutureInside(&body) } else { Place::Future(&body) };
    let rebind = parameters::rebind(sig, place);
    let future = future(traced, &rebind, &typed_body(traced));
    if stays_async {
        let declared = matches!(traced.output, Output::Macro).then(|| declared(traced));
        return quote_spanned!(Span::mixed_site()=> #declared #future.await);
    }

    sig.asyncness = None;
    sig.output = future_of(traced);
    future
}

/// Emits the body. `#[async_trait]` has bound the arguments in the body, so they are not bound again.
pub(super) fn of_async_trait(traced: &Traced<'_>, it: &AsyncTrait) -> TokenStream {
    let pin = &it.pin;
    let future = future(traced, &TokenStream::new(), &it.body.stream());
    let mut arguments = Group::new(proc_macro2::Delimiter::Parenthesis, future);
    arguments.set_span(Span::mixed_site());
    quote!(#pin #arguments)
}

fn future(traced: &Traced<'_>, rebind: &TokenStream, body: &TokenStream) -> TokenStream {
    // Mistakes in lifetimes are reported here as well, because the type of the future contains the lifetimes.
    let at = at_result(traced);
    let private = tokens::located_at(traced.krate.imported(), at);
    let outcome = outcome(traced);
    let open = (!traced.is_plain()).then(|| opening::open_in_future(traced));
    let block = block(traced, rebind, open.as_ref(), body);
    let ours = Span::mixed_site();
    let opened_by = if open.is_none() {
        let callsite = callsite(traced);
        quote_spanned!(ours=> Wrapper(#callsite))
    } else {
        let is_below = matches!(traced.parent, Parent::Given(_));
        quote_spanned!(ours=> Future(#is_below))
    };

    let future = quote_spanned! {at=>
        #private::call_async(#private::OpenedBy::#opened_by, #block, #outcome)
    };
    if traced.boxed { boxed(traced, &future) } else { future }
}

fn block(
    traced: &Traced<'_>,
    rebind: &TokenStream,
    open: Option<&TokenStream>,
    body: &TokenStream,
) -> TokenStream {
    let allow = allow_future(traced);
    let ours = Span::mixed_site();
    let block = quote_spanned!(ours=> #allow async move { #rebind #open #body });
    match &traced.output {
        Output::Never => {
            let private = traced.krate.imported();
            quote_spanned!(Span::mixed_site()=> #private::never(#block))
        }
        _ => block,
    }
}

fn boxed(traced: &Traced<'_>, future: &TokenStream) -> TokenStream {
    let at = at_result(traced);
    let private = tokens::located_at(traced.krate.imported(), at);
    quote_spanned!(at=> #private::Box::pin(#future))
}

/// Allows a future as the output of an `async fn`, such as the handle of a task. Clippy reports it in an `async` block,
/// but not in an `async fn`.
fn allow_future(traced: &Traced<'_>) -> Option<TokenStream> {
    let is_value = matches!(traced.output, Output::Unit | Output::Never);
    (!is_value).then(|| quote_spanned!(Span::mixed_site()=> #[allow(clippy::async_yields_async)]))
}

/// Returns `impl Future`, the long form of an `async fn`'s return type. Its tokens have the edition of this crate, in
/// which the type captures everything that an `async fn` captures.
fn future_of(traced: &Traced<'_>) -> ReturnType {
    let sig = &traced.function.sig;
    // Errors about the type are reported at the user's type, or where it would stand.
    let at = match &sig.output {
        ReturnType::Default => Span::mixed_site().located_at(end(sig)),
        ReturnType::Type(_, ty) => on(ty),
    };

    let ty = match (&traced.output, &sig.output) {
        (Output::Never, _) => {
            let private = traced.krate.private();
            quote_spanned!(at=> #private::Never)
        }
        (_, ReturnType::Default) => quote_spanned!(at=> ()),
        (_, ReturnType::Type(_, ty)) => quote!(#ty),
    };

    // Errors about the function are reported at its signature, so the type ends at the user's last token.
    let end = Token![>](end(sig));
    parse_quote_spanned!(at=> -> impl ::core::future::Future<Output = #ty #end)
}

fn end(sig: &Signature) -> Span {
    match &sig.output {
        ReturnType::Default => sig.paren_token.span.close(),
        ReturnType::Type(_, ty) => {
            let last = ty.to_token_stream().into_iter().last();
            last.map_or_else(Span::call_site, |last| last.span())
        }
    }
}

/// Emits the body of an `async` block. The syntax has no place for the block's type, so an unreachable `return`
/// determines it. Thus, inference and coercions in the body follow the signature, as without the macro. The body has
/// its own scope, because its imports must not change the meaning of the type.
fn typed_body(traced: &Traced<'_>) -> TokenStream {
    let ours = Span::mixed_site();
    let body = nested(traced);
    let typed = match &traced.output {
        Output::Opaque => return body,
        // The runtime's `never` fixes the type of the block, which a value of type `!` does not. A body that ends is
        // reported only here, because the `return` has the expected type.
        Output::Never => {
            let private = traced.krate.imported();
            return quote_spanned! {ours=>
                let __floe_return: #private::Never = #body;
                #[allow(unreachable_code)]
                return __floe_return;
            };
        }
        Output::Macro => quote_spanned!(ours=> return __floe_declared.value()),
        Output::Unit => {
            let span = ours.located_at(traced.function.body.span_open());
            quote_spanned!(span=> return)
        }
        Output::Type(ty) | Output::Erased(ty) => {
            let private = tokens::located_at(traced.krate.imported(), ty.span());
            quote_spanned!(on(ty)=> return #private::never_made::<#ty>())
        }
    };
    quote_spanned!(ours=> if false { #typed; } #body)
}

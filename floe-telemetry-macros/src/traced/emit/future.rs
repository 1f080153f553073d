//! A body that is a future, and is its own span.

use proc_macro2::{Group, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, Signature, parse_quote_spanned};

use super::{
    label, on, opening, outcome,
    parameters::{self, Place},
};
use crate::traced::{model::Traced, output::Output, returned::AsyncTrait};

/// There is one `async` block, and nothing around it but the runtime's wrapper: an `async fn` with
/// another future inside would store every argument once more, and each caller all of that again.
pub(super) fn of_async_fn(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let rebind = parameters::rebind(sig, Place::Future);
    let body = typed_body(traced);
    let future = future(traced, &rebind, &body);
    if !traced.stays_async() {
        sig.asyncness = None;
        sig.output = future_of(&sig.output);
        return future;
    }
    if matches!(traced.output, Output::Never) {
        quote_spanned!(Span::mixed_site()=> match #future.await {})
    } else {
        quote_spanned!(Span::mixed_site()=> #future.await)
    }
}

/// The arguments are not bound again, which `#[async_trait]` has done in the body.
pub(super) fn of_async_trait(traced: &Traced<'_>, it: &AsyncTrait) -> TokenStream {
    let pin = &it.pin;
    let future = future(traced, &TokenStream::new(), &it.body.stream());
    let mut arguments = Group::new(proc_macro2::Delimiter::Parenthesis, future);
    arguments.set_span(Span::mixed_site());
    quote!(#pin #arguments)
}

fn future(traced: &Traced<'_>, rebind: &TokenStream, body: &TokenStream) -> TokenStream {
    let private = traced.krate.private();
    let outcome = outcome(traced);
    let allow = allow_future(traced);
    let future = if traced.is_plain() {
        quote_spanned! {Span::mixed_site()=>
            #private::call_async(&__FLOE_CALLSITE, #allow async move { #rebind #body }, #outcome)
        }
    } else {
        let open = opening::open_within(traced);
        quote_spanned! {Span::mixed_site()=>
            #private::call_async_within(#allow async move { #rebind #open #body }, #outcome)
        }
    };
    if traced.boxed {
        quote_spanned!(Span::mixed_site()=> ::std::boxed::Box::pin(#future))
    } else {
        future
    }
}

/// What an `async fn` gives back may well be a future, such as the handle of a task, about which clippy
/// asks in an `async` block only.
fn allow_future(traced: &Traced<'_>) -> Option<TokenStream> {
    traced
        .output
        .may_be_future()
        .then(|| quote_spanned!(Span::mixed_site()=> #[allow(clippy::async_yields_async)]))
}

/// What an `async fn` returns when it is written out. Our crate's edition, which these tokens have,
/// makes it capture whatever an `async fn` does.
fn future_of(output: &ReturnType) -> ReturnType {
    let ours = Span::mixed_site();
    match output {
        ReturnType::Default => {
            parse_quote_spanned!(ours=> -> impl ::core::future::Future<Output = ()>)
        }
        ReturnType::Type(_, ty) => {
            parse_quote_spanned!(ours=> -> impl ::core::future::Future<Output = #ty>)
        }
    }
}

/// An `async` block has no place to write its type. A `return` that never runs gives it one, so that
/// inference and coercions in the body follow the signature as they do without us. The body keeps a
/// scope of its own: what it imports must not change what the type means.
fn typed_body(traced: &Traced<'_>) -> TokenStream {
    let body = &traced.function.body;
    let ours = Span::mixed_site();
    let (ty, span) = match &traced.output {
        Output::Opaque => {
            let label = label(body);
            return quote!(#label #body);
        }
        Output::Unit => (quote_spanned!(ours=> ()), ours.located_at(body.span_open())),
        // A variable cannot be of type `!`, but a body that never ends becomes any type.
        Output::Never => (quote_spanned!(ours=> ::core::convert::Infallible), ours),
        Output::Type(ty) => (quote!(#ty), on(ty)),
    };
    let label = label(body);
    // An error about the type of the body says where that type is from, which is the signature.
    quote_spanned! {span=>
        if false {
            let __floe_never: #ty = loop {};
            #[allow(unreachable_code)]
            return __floe_never;
        }
        #label
        #body
    }
}

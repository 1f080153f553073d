//! A body that is a future, and is its own span.

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ReturnType, Signature, Token, parse_quote_spanned, spanned::Spanned};

use super::{
    on, opening, outcome,
    parameters::{self, Place},
};
use crate::tokens;
use crate::traced::{model::Traced, output::Output, returned::AsyncTrait};

/// There is one `async` block, and nothing around it but the runtime's wrapper: an `async fn` with
/// another future inside would store every argument once more, and each caller all of that again.
pub(super) fn of_async_fn(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let body = traced.function.body.to_token_stream();
    let rebind = parameters::rebind(sig, place(traced, &body));
    let future = future(traced, &rebind, &typed_body(traced));
    returned(traced, sig, future)
}

/// The same without a span, for an `async fn` that may have to be boxed because it awaits itself.
pub(super) fn boxed_without_span(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let body = traced.function.body.to_token_stream();
    let rebind = parameters::rebind(sig, place(traced, &body));
    let block = block(traced, &rebind, None, &typed_body(traced));
    returned(traced, sig, boxed(traced, &block))
}

fn place<'a>(traced: &Traced<'_>, body: &'a TokenStream) -> Place<'a> {
    if traced.stays_async() {
        Place::FutureInside(body)
    } else {
        Place::Future(body)
    }
}

fn returned(traced: &Traced<'_>, sig: &mut Signature, future: TokenStream) -> TokenStream {
    if traced.stays_async() {
        return quote_spanned!(Span::mixed_site()=> #future.await);
    }
    sig.asyncness = None;
    sig.output = future_of(traced);
    future
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
    let open = (!traced.is_plain()).then(|| opening::open_in_future(traced));
    let block = block(traced, rebind, open.as_ref(), body);
    let ours = Span::mixed_site();
    let opened_by = if open.is_none() {
        quote_spanned!(ours=> Wrapper(&__FLOE_CALLSITE))
    } else {
        quote_spanned!(ours=> Future)
    };
    let future = quote_spanned! {ours=>
        #private::call_async(#private::OpenedBy::#opened_by, #block, #outcome)
    };
    if traced.boxed {
        boxed(traced, &future)
    } else {
        future
    }
}

fn block(
    traced: &Traced<'_>,
    rebind: &TokenStream,
    open: Option<&TokenStream>,
    body: &TokenStream,
) -> TokenStream {
    let allow = allow_future(traced);
    let block = quote_spanned!(Span::mixed_site()=> #allow async move { #rebind #open #body });
    match &traced.output {
        Output::Never => {
            let private = traced.krate.private();
            quote_spanned!(Span::mixed_site()=> #private::never(#block))
        }
        _ => block,
    }
}

fn boxed(traced: &Traced<'_>, future: &TokenStream) -> TokenStream {
    let private = traced.krate.private();
    quote_spanned!(Span::mixed_site()=> #private::Box::pin(#future))
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
fn future_of(traced: &Traced<'_>) -> ReturnType {
    let ours = Span::mixed_site();
    let ty = match (&traced.output, &traced.function.sig.output) {
        (Output::Never, _) => {
            let private = traced.krate.private();
            quote_spanned!(ours=> #private::Never)
        }
        (_, ReturnType::Default) => quote_spanned!(ours=> ()),
        (_, ReturnType::Type(_, ty)) => quote!(#ty),
    };
    // What is said of the function as a whole is on its header, which ends where the user's does.
    let end = Token![>](end(&traced.function.sig));
    parse_quote_spanned!(ours=> -> impl ::core::future::Future<Output = #ty #end)
}

/// The last token of a signature.
fn end(sig: &Signature) -> Span {
    match &sig.output {
        ReturnType::Default => sig.paren_token.span.close(),
        ReturnType::Type(_, ty) => {
            let last = ty.to_token_stream().into_iter().last();
            last.map_or_else(Span::call_site, |last| last.span())
        }
    }
}

/// An `async` block has no place to write its type. A `return` that never runs gives it one, so that
/// inference and coercions in the body follow the signature as they do without us. The body keeps a
/// scope of its own: what it imports must not change what the type means. And after an `else` braces
/// are never `unused_braces`.
fn typed_body(traced: &Traced<'_>) -> TokenStream {
    let body = &traced.function.body;
    let ours = Span::mixed_site();
    let body = quote_spanned!(ours=> if false { loop {} } else #body);
    let typed = match &traced.output {
        // A value of type `!` says nothing about a type, so the runtime does.
        Output::Opaque | Output::Never => return body,
        Output::Unit => {
            let span = ours.located_at(traced.function.body.span_open());
            quote_spanned!(span=> return)
        }
        // An error about the type of the body says where that type is from, which is the signature.
        Output::Type(ty) => {
            let private = tokens::located_at(traced.krate.private(), ty.span());
            quote_spanned!(on(ty)=> return #private::never_made::<#ty>())
        }
    };
    quote_spanned!(ours=> if false { #typed; } #body)
}

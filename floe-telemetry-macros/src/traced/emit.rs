//! [`Traced`] into tokens. Whatever can be a function of the runtime is one; this only says what to call.

mod body;
mod future;
mod known;
mod opening;
mod parameters;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Signature, spanned::Spanned};

use super::{
    model::{Shape, Traced},
    output::Output,
};
use crate::tokens;

/// The function with its span around the body.
pub(super) fn emit(traced: &Traced<'_>) -> TokenStream {
    let mut sig = traced.function.sig.clone();
    let callsite = callsite(traced);
    let call = match &traced.shape {
        Shape::Sync => body::at_once(traced, &mut sig),
        Shape::Returns(returned) => body::returned(traced, &mut sig, returned),
        Shape::Async => future::of_async_fn(traced, &mut sig),
        Shape::AsyncTrait(body) => future::of_async_trait(traced, body),
    };
    function(
        traced,
        &sig,
        traced.krate.required_by(quote!(#callsite #call)),
    )
}

/// The function with nothing but its box.
pub(super) fn boxed_without_span(traced: &Traced<'_>) -> TokenStream {
    let mut sig = traced.function.sig.clone();
    let body = future::boxed_without_span(traced, &mut sig);
    function(traced, &sig, body)
}

/// In the user's braces: lints such as `dead_code` are silent about an item that ends in ours.
fn function(traced: &Traced<'_>, sig: &Signature, body: TokenStream) -> TokenStream {
    let (attrs, vis) = (&traced.function.attrs, &traced.function.vis);
    let mut braces = Group::new(Delimiter::Brace, body);
    braces.set_span(traced.function.body.span());
    quote!(#(#attrs)* #vis #sig #braces)
}

/// All that is known before the first call, in the list that the linker makes.
fn callsite(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.private();
    let name = &traced.name;
    let ident = &traced.function.sig.ident;
    let function = known::of(traced);
    let kind = Ident::new(traced.kind, Span::mixed_site());
    // With the span of the name it is the line of the name; else it would be that of the attribute.
    let line = quote_spanned!(ident.span()=> ::core::line!());
    let ours = Span::mixed_site();
    let tracer = traced
        .tracer
        .iter()
        .map(|name| quote_spanned!(ours=> , with_tracer(#name)));
    let level = traced.level.map(|level| {
        let level = Ident::new(level, ours);
        quote_spanned!(ours=> , with_level(#private::Level::#level))
    });
    let metrics = traced
        .metrics
        .then(|| quote_spanned!(ours=> , with_metrics()));
    quote_spanned! {ours=>
        #private::callsite!(
            __FLOE_CALLSITE, #name, #function, #line, #kind #(#tracer)* #level #metrics
        );
    }
}

/// What looks at the value that the body gave back; the runtime finds out what that is.
fn outcome(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.private();
    let ours = Span::mixed_site();
    if traced.returns_nothing() {
        return quote_spanned!(ours=> #private::outcome::success);
    }
    let is_the_body = match traced.shape {
        Shape::Sync => !traced.may_live_on(),
        Shape::Async => true,
        Shape::AsyncTrait(_) | Shape::Returns(_) => false,
    };
    if let (Output::Type(ty), None, true) = (&traced.output, &traced.error_if, is_the_body) {
        return quote_spanned!(ours=> #private::outcome::probe::<#ty>().__floe_classify());
    }
    let look = quote_spanned! {ours=>
        #private::outcome::probe_of(__floe_return).__floe_classify()
    };
    let looked = match &traced.error_if {
        None => quote_spanned!(ours=> #look(__floe_return, __floe_tell)),
        Some(it) => {
            let decide = error_if(it);
            quote_spanned! {ours=>
                #private::error_if(__floe_return, #decide, #look, __floe_tell)
            }
        }
    };
    quote_spanned!(ours=> |__floe_return, __floe_tell| #looked)
}

/// The result is bound as any variable, so that an error about its type is on what the user wrote.
fn error_if(value: &Expr) -> TokenStream {
    let ours = Span::mixed_site();
    let result = Ident::new("__floe_return", on(value));
    let Expr::Closure(closure) = value else {
        return quote_spanned!(on(value)=> || #value(#result));
    };
    let (output, body) = (&closure.output, &closure.body);
    let bindings = closure.inputs.iter().map(|pattern| {
        let result = Ident::new("__floe_return", on(pattern));
        let allow = allow_underscore(pattern);
        quote_spanned! {ours=>
            #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
            #allow
            let #pattern = #result;
        }
    });
    quote_spanned!(ours=> || #output { #(#bindings)* #body })
}

/// In front of the user's braces where they are in braces of ours: those of a block with a label are
/// never `unused_braces`. With spans of ours they would not be either, but of another edition.
fn label(body: &Group) -> TokenStream {
    quote_spanned!(Span::mixed_site().located_at(body.span())=> '__floe_body:)
}

/// A use of `_name` that is ours, or that the user asked for, and that clippy would report.
fn allow_underscore(tokens: &impl ToTokens) -> Option<TokenStream> {
    tokens::any_ident(tokens, |ident| ident.to_string().starts_with('_')).then(|| {
        quote_spanned! {Span::mixed_site()=>
            #[allow(clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]
        }
    })
}

/// Ours, but reported at the user's expression when its type does not fit.
fn on(value: &impl Spanned) -> Span {
    Span::mixed_site().located_at(value.span())
}

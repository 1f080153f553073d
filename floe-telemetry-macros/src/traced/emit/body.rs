//! A body that runs when the function is called, in a closure.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, Signature};

use super::{
    label, on, opening, outcome,
    parameters::{self, Place},
};
use crate::traced::{
    model::Traced,
    output::{self, Output},
    returned::{How, Returned, What},
};

/// A span that ends when the function returns, unless that turns out to be a future.
pub(super) fn at_once(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let private = traced.krate.private();
    let body = closure(traced, sig);
    let outcome = outcome(traced);
    if traced.may_live_on() {
        let call = by_type(traced, &body, &outcome);
        let open = opening::open(traced);
        return quote!(#open #call);
    }
    if traced.is_plain() {
        return quote_spanned! {Span::mixed_site()=>
            #private::call_plain(&__FLOE_CALLSITE, #body, #outcome)
        };
    }
    let open = opening::open(traced);
    quote_spanned! {Span::mixed_site()=>
        #open
        #private::call(__floe_span, #body, #outcome)
    }
}

/// What is returned may be a future under any name, which its type says. An error about that is on
/// the type in the signature.
fn by_type(traced: &Traced<'_>, body: &TokenStream, outcome: &TokenStream) -> TokenStream {
    let private = traced.krate.private();
    let ours = Span::mixed_site();
    let span = match &traced.function.sig.output {
        ReturnType::Type(_, ty) => on(ty),
        ReturnType::Default => ours,
    };
    let look = Ident::new("__floe_returned", span);
    quote_spanned! {ours=>
        #private::call_by_type(__floe_span, #body, |__floe_span, __floe_value| {
            use #private::lasting::prelude::*;
            (&&&&#private::lasting::Returned(&__floe_value))
                .#look()
                .go_on(__floe_span, __floe_value, #outcome)
        })
    }
}

/// A span that goes on in the future or stream that the signature promises.
pub(super) fn returned(
    traced: &Traced<'_>,
    sig: &mut Signature,
    returned: &Returned,
) -> TokenStream {
    if returned.how == How::Boxed {
        return at_once(traced, sig);
    }
    let private = traced.krate.private();
    let open = opening::open(traced);
    let body = closure(traced, sig);
    let ours = Span::mixed_site();
    // With one reference a stream is found before a future.
    let (references, of, outcome) = match &returned.what {
        What::Future(ty) => {
            let ty = ty.as_deref().and_then(output::erased);
            let of = ty.map(|ty| quote_spanned!(ours=> .of::<#ty>()));
            (quote_spanned!(ours=> &&), of, outcome(traced))
        }
        What::Stream => (
            quote_spanned!(ours=> &),
            None,
            quote_spanned!(ours=> #private::outcome::success),
        ),
    };
    let call = quote_spanned! {ours=>
        #private::call_opaque(__floe_span, #body, |__floe_span, __floe_value| {
            use #private::lasting::prelude::*;
            (#references #private::lasting::Returned(&__floe_value))
                .__floe_opaque()
                #of
                .go_on(__floe_span, __floe_value, #outcome)
        })
    };
    if returned.how == How::PinnedOpaque {
        quote_spanned!(ours=> #open ::std::boxed::Box::pin(#call))
    } else {
        quote!(#open #call)
    }
}

/// The body, which is copied and not looked at.
fn closure(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let body = &traced.function.body;
    let expressions = opening::expressions(traced);
    let place = if traced.is_plain() {
        Place::Closure
    } else {
        Place::ClosureBehindOpening(&expressions)
    };
    let rebind = parameters::rebind(sig, place);
    let ty = written_type(traced);
    // A closure with a written type has to have braces, and the user's are the ones it gets.
    let label = label(body);
    let body = if rebind.is_empty() {
        quote!(#body)
    } else {
        quote_spanned!(Span::mixed_site()=> { #rebind #label #body })
    };
    quote_spanned!(Span::mixed_site()=> move || #ty #body)
}

/// Written out: a body that never returns would leave the closure's type open, and the outcome would
/// be asked of a type that is not known.
fn written_type(traced: &Traced<'_>) -> Option<TokenStream> {
    let ours = Span::mixed_site();
    Some(match &traced.output {
        Output::Opaque => return None,
        Output::Unit => quote_spanned!(ours=> -> ()),
        Output::Never => quote_spanned!(ours=> -> !),
        Output::Type(ty) => quote_spanned!(ours=> -> #ty),
    })
}

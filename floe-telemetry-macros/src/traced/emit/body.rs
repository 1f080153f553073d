//! A body that runs when the function is called, in a closure.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Signature;

use super::{
    label, opening, outcome,
    parameters::{self, Place},
};
use crate::traced::{
    model::Traced,
    output::{self, Output},
    returned::{How, Returned, What},
};

/// A span that ends when the function returns.
pub(super) fn at_once(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let private = traced.krate.private();
    let open = opening::open(traced);
    let body = closure(traced, sig);
    let outcome = outcome(traced);
    quote_spanned! {Span::mixed_site()=>
        #open
        #private::call(__floe_span, #body, #outcome)
    }
}

/// A span that goes on in what the function returns.
pub(super) fn returned(
    traced: &Traced<'_>,
    sig: &mut Signature,
    returned: &Returned,
) -> TokenStream {
    let private = traced.krate.private();
    let open = opening::open(traced);
    let body = closure(traced, sig);
    let ours = Span::mixed_site();
    // What is in the span: the body, or what it returned.
    let (called, inside, more) = match &returned.what {
        What::Future(ty) => {
            let ty = output::erased(ty).map_or_else(|| quote!(_), |ty| quote!(#ty));
            let outcome = outcome(traced);
            (
                quote_spanned!(ours=> call_future::<#ty, _>),
                quote_spanned!(ours=> in_future::<#ty, _>),
                Some(quote_spanned!(ours=> , #outcome)),
            )
        }
        What::Stream => (quote!(call_stream), quote!(in_stream), None),
    };
    let inner = quote_spanned!(ours=> __floe_inner);
    let (new, inner) = match returned.how {
        How::Opaque | How::PinnedOpaque | How::Pinned => (quote_spanned!(ours=> pin), inner),
        How::Boxed => (
            quote_spanned!(ours=> new),
            quote_spanned!(ours=> ::std::boxed::Box::into_pin(#inner)),
        ),
    };
    let call = match returned.how {
        How::Opaque => quote_spanned!(ours=> #private::#called(__floe_span, #body #more)),
        How::PinnedOpaque => quote_spanned! {ours=>
            ::std::boxed::Box::pin(#private::#called(__floe_span, #body #more))
        },
        How::Pinned | How::Boxed => {
            let ty = written_type(traced);
            quote_spanned! {ours=>
                #private::call_boxed(__floe_span, #body, |__floe_span, __floe_inner| #ty {
                    ::std::boxed::Box::#new(#private::#inside(__floe_span, #inner #more))
                })
            }
        }
    };
    quote_spanned! {ours=>
        #open
        #call
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

//! [`Traced`] into tokens. Whatever can be a function of the runtime is one; this only says what to call.

mod opening;

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use super::{model::Traced, output::Output};

/// The function with its span around the body.
pub(super) fn emit(traced: &Traced<'_>) -> TokenStream {
    let function = traced.function;
    let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
    let callsite = callsite(traced);
    let open = opening::open(traced);
    let call = match sig.asyncness {
        Some(_) => call_async(traced),
        None => call(traced),
    };
    quote_spanned! {Span::mixed_site()=>
        #(#attrs)*
        #vis #sig {
            #callsite
            #open
            #call
        }
    }
}

/// All that is known before the first call, in the list that the linker makes.
fn callsite(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.private();
    let name = &traced.name;
    let ident = &traced.function.sig.ident;
    let function = ident.unraw().to_string();
    let kind = Ident::new(traced.kind, Span::mixed_site());
    // With the span of the name it is the line of the name; else it would be that of the attribute.
    let line = quote_spanned!(ident.span()=> ::core::line!());
    quote_spanned! {Span::mixed_site()=>
        #[#private::linkme::distributed_slice(#private::CALLSITES)]
        #[linkme(crate = #private::linkme)]
        static __FLOE_CALLSITE: #private::CallSite = #private::CallSite::new(
            #name,
            #function,
            ::core::module_path!(),
            ::core::file!(),
            #line,
            #private::SpanKind::#kind,
        );
    }
}

fn call(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.private();
    let body = &traced.function.body;
    let outcome = outcome(traced);
    let output = match &traced.output {
        Output::Opaque => None,
        // Written out: a body that never returns would leave the closure's type open, and the
        // outcome would be asked of a type that is not known.
        Output::Unit => Some(quote_spanned!(Span::mixed_site()=> -> ())),
        Output::Never => Some(quote_spanned!(Span::mixed_site()=> -> !)),
        Output::Type(ty) => Some(quote_spanned!(Span::mixed_site()=> -> #ty)),
    };
    // A closure with a written type has to have braces, and the user's are the ones it gets.
    quote_spanned! {Span::mixed_site()=>
        #private::call(__floe_span, move || #output #body, #outcome)
    }
}

fn call_async(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.private();
    let body = typed_body(traced);
    let outcome = outcome(traced);
    let call = quote_spanned! {Span::mixed_site()=>
        #private::call_async(__floe_span, async move #body, #outcome).await
    };
    match traced.output {
        Output::Never => quote_spanned!(Span::mixed_site()=> match #call {}),
        _ => call,
    }
}

/// An `async` block has no place to write its type. A `return` that never runs gives it one, so that
/// inference and coercions in the body follow the signature as they do without us. The body keeps a
/// scope of its own: what it imports must not change what the type means.
fn typed_body(traced: &Traced<'_>) -> TokenStream {
    let body = &traced.function.body;
    let ours = Span::mixed_site();
    let (ty, span) = match &traced.output {
        Output::Opaque => return quote!(#body),
        Output::Unit => (quote_spanned!(ours=> ()), ours.located_at(body.span_open())),
        // A variable cannot be of type `!`, but a body that never ends becomes any type.
        Output::Never => (quote_spanned!(ours=> ::core::convert::Infallible), ours),
        Output::Type(ty) => (quote!(#ty), on(ty)),
    };
    // Braces of ours are no business of `unused_braces`, which these would be in the user's name.
    let mut body = Group::new(body.delimiter(), body.stream());
    body.set_span(ours.located_at(traced.function.body.span()));
    // An error about the type of the body says where that type is from, which is the signature.
    quote_spanned! {span=>
        {
            if false {
                let __floe_never: #ty = loop {};
                #[allow(unreachable_code)]
                return __floe_never;
            }
            #body
        }
    }
}

/// Looks at what the body gave back; the runtime's traits find out what that is.
fn outcome(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.private();
    quote_spanned! {Span::mixed_site()=>
        |__floe_return| {
            use #private::outcome::prelude::*;
            (&&&&&&#private::outcome::Inspect(__floe_return)).outcome()
        }
    }
}

/// Ours, but reported at the user's expression when its type does not fit.
fn on(value: &impl Spanned) -> Span {
    Span::mixed_site().located_at(value.span())
}

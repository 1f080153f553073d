//! Emits a body that runs during the call, in a closure.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, Signature, TraitBound};

use super::{
    declared, nested, on, opening, outcome,
    parameters::{self, Place},
};
use crate::tokens;
use crate::traced::{
    model::{Shape, Traced},
    output::{self, Output},
    returned::{Boxing, Form, Kind, Returned},
};

/// A span that ends when the function returns, unless the returned value is a future.
pub(super) fn sync(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let private = traced.krate.private();
    let outcome = outcome(traced);
    if traced.may_live_on() {
        let opened = Opened::new(traced, sig, "call_by_type");
        let finish = by_type(traced, &outcome);
        return opened.call(traced, &finish);
    }
    // A classifier beside the body would be chosen before the type of the body is known.
    let function = if is_declared(traced) { "call_by_type" } else { "call" };
    let opened = Opened::new(traced, sig, function);
    if opened.function == "call" {
        return opened.call(traced, &outcome);
    }
    let finish = quote_spanned! {Span::mixed_site()=>
        |__floe_span, __floe_value| #private::end(__floe_span, __floe_value, #outcome)
    };
    opened.call(traced, &finish)
}

/// A span whose end depends on the type of the returned value, which may be an alias of a boxed future. A future of a
/// concrete type is a value. An error about the type is reported at the signature.
fn by_type(traced: &Traced<'_>, outcome: &TokenStream) -> TokenStream {
    let private = traced.krate.private();
    let ours = Span::mixed_site();
    let span = match &traced.function.sig.output {
        ReturnType::Type(_, ty) => on(ty),
        ReturnType::Default => ours,
    };
    let method = match &traced.output {
        Output::Type(ty) if !output::is_open(ty) => "__floe_concrete",
        _ => "__floe_returned",
    };
    let look = Ident::new(method, span);
    quote_spanned! {ours=>
        |__floe_span, __floe_value| {
            use #private::returned_future::prelude::*;
            (&&&&&#private::returned_future::Returned(&__floe_value))
                .#look()
                .finish(__floe_span, __floe_value, #outcome)
        }
    }
}

/// A span that ends with the future or stream that the signature promises.
pub(super) fn returned(
    traced: &Traced<'_>,
    sig: &mut Signature,
    returned: &Returned,
) -> TokenStream {
    if returned.form == Form::Boxed && returned.boxing.is_none() {
        return sync(traced, sig);
    }
    let private = traced.krate.private();
    let opened = Opened::new(traced, sig, "call_opaque");
    let ours = Span::mixed_site();
    let outcome = outcome(traced);
    // With one reference a stream is found before a future.
    let (references, of) = match &returned.kind {
        Kind::Future(ty) => {
            let ty = match ty {
                Some(ty) => output::erased(ty).map(|ty| quote!(#ty)),
                None => output_of(traced),
            };
            let of = ty.map(|ty| quote_spanned!(ours=> .of::<#ty>().__floe_found()));
            (quote_spanned!(ours=> &&), of)
        }
        Kind::Stream => (quote_spanned!(ours=> &), None),
        Kind::OfAlias => (quote_spanned!(ours=> &&), None),
    };
    let finish = quote_spanned! {ours=>
        |__floe_span, __floe_value| {
            use #private::returned_future::prelude::*;
            (#references #private::returned_future::Returned(&__floe_value))
                .__floe_opaque()
                #of
                .finish(__floe_span, __floe_value, #outcome)
        }
    };
    if let Some(boxing) = &returned.boxing {
        let Boxing { before, after, .. } = boxing;
        let call = opened.call(traced, &finish);
        if before.is_empty() {
            return quote!(#call #after);
        }
        let mut arguments = Group::new(Delimiter::Parenthesis, call);
        arguments.set_span(boxing.parentheses);
        quote!(#before #arguments)
    } else if returned.form == Form::PinnedOpaque {
        let (declared, call) = opened.parts(traced, &finish);
        quote_spanned!(ours=> #declared #private::Box::pin(#call))
    } else {
        opened.call(traced, &finish)
    }
}

/// The output of the future that the signature has an alias of.
fn output_of(traced: &Traced<'_>) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = &traced.function.sig.output else {
        return None;
    };
    let written = !tokens::any_ident(ty, |word| word == "impl");
    written.then(|| quote_spanned!(on(ty)=> <#ty as ::core::future::Future>::Output))
}

/// A body with its span, which is opened before the body or in its first statement.
struct Opened {
    /// The function of the runtime that runs the body.
    function: Ident,
    /// The expression that opens the span, unless the body does.
    open: Option<TokenStream>,
    body: TokenStream,
}

impl Opened {
    fn new(traced: &Traced<'_>, sig: &mut Signature, function: &str) -> Self {
        let ours = Span::mixed_site();
        let body = traced.body().stream();
        if !traced.is_plain() && parameters::take_apart(sig) {
            // The parts of an argument that a pattern ignores are dropped with its other parts only if
            // the pattern is where the body runs, so the span is opened there too.
            let open = opening::open_inside(traced);
            return Self {
                function: Ident::new(function_opening(function), ours),
                open: None,
                body: closure(traced, sig, Place::Closure(&body), Some(&open)),
            };
        }
        let expressions = opening::expressions(traced);
        let place = if traced.is_plain() {
            Place::Closure(&body)
        } else {
            Place::ClosureBehindOpening { body: &body, expressions: &expressions }
        };
        Self {
            function: Ident::new(function, ours),
            open: Some(opening::open(traced)),
            body: closure(traced, sig, place, None),
        }
    }

    /// The statement before the call, if there is one, and the call. Its first argument opens the span, so
    /// that no variable contains it; its last one handles the returned value.
    fn parts(
        self,
        traced: &Traced<'_>,
        finish: &TokenStream,
    ) -> (Option<TokenStream>, TokenStream) {
        let private = traced.krate.private();
        let ours = Span::mixed_site();
        let Self { function, open, body } = self;
        let open = open.map(|open| quote_spanned!(ours=> #open,));
        // An error about the returned value is reported at its type.
        let at = match &traced.function.sig.output {
            ReturnType::Type(_, ty) => on(ty),
            ReturnType::Default => ours,
        };
        let private = tokens::located_at(private, at);
        let call = quote_spanned!(at=> #private::#function(#open #body, #finish));
        let declared = is_declared(traced).then(|| declared(traced));
        (declared, call)
    }

    fn call(self, traced: &Traced<'_>, finish: &TokenStream) -> TokenStream {
        let (declared, call) = self.parts(traced, finish);
        quote!(#declared #call)
    }
}

/// The function of the runtime for a body that opens its span itself.
fn function_opening(function: &str) -> &'static str {
    match function {
        "call_opaque" => "call_opaque_opening",
        _ => "call_opening",
    }
}

/// The body, which is copied and not parsed. With `open` it opens the span in a variable that is passed to
/// it.
fn closure(
    traced: &Traced<'_>,
    sig: &mut Signature,
    place: Place<'_>,
    open: Option<&TokenStream>,
) -> TokenStream {
    let body = traced.body();
    let rebind = parameters::rebind(sig, place);
    let parameters = if open.is_some() {
        let private = traced.krate.private();
        quote_spanned!(Span::mixed_site()=> |__floe_span: &mut #private::Opened|)
    } else {
        quote_spanned!(Span::mixed_site()=> ||)
    };
    let ty = written_type(traced);
    // A closure with an explicit return type needs braces, which are the user's.
    let returned_closure = output::closure(&traced.function.sig.output);
    let body = match returned_closure.filter(|_| is_declared(traced)) {
        Some(bound) => {
            let body = of_closure(traced, bound);
            quote_spanned!(Span::mixed_site()=> { #rebind #open #body })
        }
        None if rebind.is_empty() => quote!(#body),
        None => {
            let body = nested(traced);
            quote_spanned!(Span::mixed_site()=> { #rebind #open #body })
        }
    };
    let closure = quote_spanned!(Span::mixed_site()=> move #parameters #ty #body);
    if !is_declared(traced) {
        return closure;
    }
    let method = if open.is_some() { "body_opening" } else { "body" };
    let method = Ident::new(method, Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> __floe_declared.#method(#closure))
}

/// A body that returns a closure, whose parameters the compiler infers from a `dyn Fn(…)`.
fn of_closure(traced: &Traced<'_>, bound: &TraitBound) -> TokenStream {
    let private = traced.krate.private();
    let body = nested(traced);
    let ours = Span::mixed_site();
    // A closure with other parameters is reported at the bound.
    let at = tokens::located_at(private.clone(), on(bound));
    // In parentheses of ours, which make its own unnecessary.
    let bound = &TraitBound { paren_token: None, ..bound.clone() };
    let closure = quote_spanned! {on(bound)=>
        #at::returned_closure(#body, &mut __floe_closure)
    };
    quote_spanned! {ours=>
        let mut __floe_closure = #private::ReturnedClosure::pending();
        let _: &mut (dyn #bound) = #closure;
        __floe_closure.made()
    }
}

/// Whether only the signature can contain the type of the body.
fn is_declared(traced: &Traced<'_>) -> bool {
    let is_opaque = matches!(traced.output, Output::Opaque | Output::Macro | Output::Erased(_));
    is_opaque && matches!(traced.shape, Shape::Sync)
}

/// The explicit return type of the closure: a body that never returns would leave it open, and then the
/// classifier could not be chosen.
fn written_type(traced: &Traced<'_>) -> Option<TokenStream> {
    let ours = Span::mixed_site();
    Some(match &traced.output {
        Output::Opaque | Output::Macro | Output::Erased(_) => return None,
        Output::Unit => quote_spanned!(ours=> -> ()),
        Output::Never => quote_spanned!(ours=> -> !),
        Output::Type(ty) => quote_spanned!(ours=> -> #ty),
    })
}

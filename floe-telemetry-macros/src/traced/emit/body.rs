//! Emits a body that runs during the call, in a closure.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ReturnType, Signature};

use super::{
    at_output, declared, nested, opening, outcome,
    parameters::{self, Place},
};
use crate::tokens::{self, on};
use crate::traced::{
    boxing::Boxing,
    model::{Shape, Traced, Unbounded},
    signature::{self, Future, Output},
};

/// Emits a span that ends when the function returns. Without `error_if`, a body of type `impl Trait`, which cannot be
/// an `Err`, is not in a closure, because the compiler infers from the bounds only in the function itself.
pub(super) fn of_value(traced: &Traced<'_>, sig: &mut Signature) -> TokenStream {
    let asks = traced.asked.value;
    if matches!(traced.output, Output::Opaque)
        && traced.error_if.is_none()
        && traced.ret.is_none()
        && !asks
    {
        let private = traced.krate.imported();
        let open = opening::open(traced);
        let body = traced.body();
        // The lint `unused_braces` reports braces around a single expression.
        let is_semicolon = |tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ';');
        let is_one = !body.stream().into_iter().any(is_semicolon);
        let body = if is_one { body.stream() } else { body.to_token_stream() };
        return quote_spanned! {Span::mixed_site()=>
            let __floe_guard = #private::Guard::new(#open);
            #body
        };
    }

    let outcome = outcome(traced);
    let opened = Opened::new(traced, sig);
    // In the other cases, a classifier beside the body would be chosen before the type of the body is known.
    if opened.open.is_some() && !is_declared(traced) && !asks {
        return opened.call(traced, &Finish::Classified(outcome));
    }

    let ours = Span::mixed_site();
    if !asks {
        let private = traced.krate.imported();
        return opened.call(
            traced,
            &Finish::Then(quote_spanned! {ours=>
                |__floe_span, __floe_value| #private::end(__floe_span, __floe_value, #outcome)
            }),
        );
    }

    let Some(ty) = traced.type_of_kind() else {
        return opened.call(traced, &Finish::Then(ending(traced, &kind(traced), &outcome)));
    };

    // Without a value, because the compiler takes less time for a type that is known.
    let at = at_output(traced);
    let private = tokens::located_at(traced.krate.imported(), at);
    let kind = Ident::new("__floe_kind", at);
    let call = if opened.open.is_some() {
        opened.call(traced, &Finish::OfKind(outcome))
    } else {
        opened.call(traced, &Finish::Then(ending(traced, &quote!(#kind), &outcome)))
    };
    quote_spanned!(at=> let #kind = #private::Kind::<#ty>::OF_TYPE.__floe_kind(); #call)
}

/// Emits the question to the compiler whether the returned value is a future, unless `future` declares it.
fn kind(traced: &Traced<'_>) -> TokenStream {
    let at = at_output(traced);
    let private = tokens::located_at(traced.krate.imported(), at);
    if traced.is_bounded {
        return quote_spanned!(at=> #private::Follows::of(&__floe_value));
    }
    let name = match traced.returns_unbounded() {
        None => "Kind",
        Some(Unbounded::Declared) => "Unbounded",
        Some(Unbounded::Possible) => "PossiblyUnbounded",
    };
    let kind = Ident::new(name, at);
    quote_spanned!(at=> #private::#kind::of(&__floe_value).__floe_kind())
}

/// Emits the code that ends the span of a value of that kind, or moves it to the value.
fn ending(traced: &Traced<'_>, kind: &TokenStream, outcome: &TokenStream) -> TokenStream {
    let at = at_output(traced);
    let private = tokens::located_at(traced.krate.imported(), at);
    let outcome = if traced.is_bounded {
        outcome.clone()
    } else {
        quote_spanned!(at=> __floe_kind.__floe_outcome(#outcome))
    };
    let end = quote_spanned! {at=>
        let __floe_kind = #kind;
        #private::CoveredBySpan::__floe_end(&__floe_kind, __floe_span, __floe_value, #outcome)
    };
    quote_spanned!(Span::mixed_site()=> |__floe_span, __floe_value| { #end })
}

/// Emits questions to the compiler whether parts of the returned value are futures.
pub(super) fn questions(traced: &Traced<'_>) -> TokenStream {
    let questions = traced.asked.parts.iter().map(|part| {
        let at = on(part);
        let private = tokens::located_at(traced.krate.imported(), at);
        quote_spanned! {at=>
            if false {
                #private::EndsWithTheCall::__floe_is_value(#private::Kind::<#part>::OF_TYPE.__floe_kind());
            }
        }
    });
    quote!(#(#questions)*)
}

pub(super) fn of_future(
    traced: &Traced<'_>,
    sig: &mut Signature,
    future: &Future,
    boxing: Option<&Boxing>,
) -> TokenStream {
    let private = traced.krate.imported();
    let ours = Span::mixed_site();
    let outcome = outcome(traced);
    let finish = match (future, boxing) {
        (Future::Boxed(_), None) => ending(traced, &kind(traced), &outcome),
        (future, _) => {
            let returned = wrapped(traced, future);
            quote_spanned! {ours=>
                |__floe_span, __floe_value| {
                    use #private::DeclaredTypeMismatch as _;
                    #private::#returned(__floe_span, __floe_value, #outcome)
                }
            }
        }
    };

    let call = Opened::new(traced, sig).call(traced, &Finish::Then(finish));
    match boxing {
        None if matches!(future, Future::BoxedOpaque(_)) => {
            quote_spanned!(ours=> #private::Box::pin(#call))
        }
        None => call,
        Some(Boxing { pin, parentheses, .. }) => {
            let mut arguments = Group::new(Delimiter::Parenthesis, call);
            arguments.set_span(*parentheses);
            quote!(#pin #arguments)
        }
    }
}

/// Emits the call that puts a value into a wrapper of its type.
fn wrapped(traced: &Traced<'_>, future: &Future) -> TokenStream {
    let ours = Span::mixed_site();
    let Some(promised) = future.promised() else {
        let output = output_of(traced);
        return quote_spanned!(ours=> Boxed::new(#output, &__floe_value).__floe_in_box);
    };

    let output = signature::erased(&promised.ty).map(|ty| quote!(#ty));
    let output = output.unwrap_or_else(|| quote_spanned!(ours=> _));
    let name = if promised.is_stream { "__floe_stream_in_span" } else { "__floe_in_span" };
    let method = Ident::new(name, ours);
    quote_spanned!(ours=> Returned::<#output, _>::new(&__floe_value).#method)
}

/// Emits the question for the output of a future for which the signature has an alias.
fn output_of(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.imported();
    match &traced.function.sig.output {
        ReturnType::Type(_, ty) if !tokens::has_word(ty, &["impl"]) => {
            quote_spanned!(on(ty)=> #private::Kind::<#ty>::OF_TYPE.__floe_output())
        }
        _ => quote_spanned!(Span::mixed_site()=> ::core::marker::PhantomData),
    }
}

/// The handling of the returned value.
enum Finish {
    /// The runtime ends the span, with the outcome from this classifier.
    Classified(TokenStream),
    /// The closure ends the span, or makes it follow the value.
    Then(TokenStream),
    /// The runtime does what the kind of the value demands, with the outcome from this classifier.
    OfKind(TokenStream),
}

/// The body in its closure, and the code that opens the span, before the body or in the first statement of the closure.
struct Opened {
    /// The code before the body; `None` if the body opens the span.
    open: Option<TokenStream>,
    body: TokenStream,
}

impl Opened {
    fn new(traced: &Traced<'_>, sig: &mut Signature) -> Self {
        let body = traced.body().stream();
        if !traced.is_plain() && parameters::take_apart(sig) {
            // The ignored parts of a destructured argument are dropped with its other parts only if the pattern is
            // inside the closure, so the span is opened there, too.
            let open = opening::open_inside(traced);
            let body = closure(traced, sig, Place::Closure(&body), Some(&open));
            return Self { open: None, body };
        }

        let expressions = opening::expressions(traced);
        let place = if traced.is_plain() {
            Place::Closure(&body)
        } else {
            Place::ClosureBehindOpening { body: &body, expressions: &expressions }
        };

        Self { open: Some(opening::open(traced)), body: closure(traced, sig, place, None) }
    }

    /// Emits the call of the runtime. The first argument opens the span, so that no variable contains the span; the
    /// last argument handles the returned value.
    fn call(self, traced: &Traced<'_>, finish: &Finish) -> TokenStream {
        let private = traced.krate.imported();
        let ours = Span::mixed_site();
        let at = at_output(traced);
        let Self { open, body } = self;
        let (function, kind, finish) = match (finish, &open) {
            (Finish::Classified(classifier), _) => (quote_spanned!(ours=> call), None, classifier),
            (Finish::Then(closure), Some(_)) => (quote_spanned!(ours=> call_then), None, closure),
            (Finish::Then(closure), None) => (quote_spanned!(ours=> call_opening), None, closure),
            (Finish::OfKind(classifier), _) => (
                quote_spanned!(at=> CoveredBySpan::__floe_call),
                Some(quote_spanned!(at=> &__floe_kind,)),
                classifier,
            ),
        };
        let open = open.map(|open| quote_spanned!(ours=> #open,));
        let private = tokens::located_at(private, at);
        let declared = is_declared(traced).then(|| declared(traced));
        let call = quote_spanned!(at=> #private::#function(#kind #open #body, #finish));
        quote!(#declared #call)
    }
}

/// Emits a closure with the unparsed body. With `open`, the closure opens the span in a variable that it receives.
fn closure(
    traced: &Traced<'_>,
    sig: &mut Signature,
    place: Place<'_>,
    open: Option<&TokenStream>,
) -> TokenStream {
    let body = traced.body();
    let rebind = parameters::rebind(sig, place);
    let parameters = if open.is_some() {
        let private = traced.krate.imported();
        quote_spanned!(Span::mixed_site()=> |__floe_span: &mut #private::Opened|)
    } else {
        quote_spanned!(Span::mixed_site()=> ||)
    };

    let ty = written_type(traced);
    // A closure with an explicit return type needs braces, which are the user's.
    let body = if rebind.is_empty() {
        quote!(#body)
    } else {
        let body = nested(traced);
        quote_spanned!(Span::mixed_site()=> { #rebind #open #body })
    };

    // Clippy reports a large error at the function already.
    let allow = matches!(&traced.output, Output::Type(ty) if tokens::has_word(ty, &["Result"]))
        .then(|| quote_spanned!(Span::mixed_site()=> #[allow(clippy::result_large_err)]));
    let closure = quote_spanned!(Span::mixed_site()=> #allow move #parameters #ty #body);
    if !is_declared(traced) {
        return closure;
    }

    let name = if open.is_some() { "body_opening" } else { "body" };
    let method = Ident::new(name, Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> __floe_declared.#method(#closure))
}

/// Whether the function is synchronous and may return an `impl Trait`, which only the signature can express.
fn is_declared(traced: &Traced<'_>) -> bool {
    let is_opaque = matches!(traced.output, Output::Opaque | Output::Macro | Output::Erased(_));
    is_opaque && matches!(traced.shape, Shape::Sync)
}

/// Returns the explicit return type of the closure. Without it, the type of a body that never returns would be unknown,
/// and no classifier could be chosen.
fn written_type(traced: &Traced<'_>) -> Option<TokenStream> {
    let ours = Span::mixed_site();
    Some(match &traced.output {
        Output::Opaque | Output::Macro | Output::Erased(_) => return None,
        Output::Unit => quote_spanned!(ours=> -> ()),
        Output::Never => quote_spanned!(ours=> -> !),
        Output::Type(ty) => quote_spanned!(ours=> -> #ty),
    })
}

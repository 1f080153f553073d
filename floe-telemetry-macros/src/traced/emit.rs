//! Emits the tokens of a [`Traced`] function: calls of the runtime, and code that cannot be a function.

mod body;
mod future;
mod known;
mod opening;
mod parameters;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, ReturnType, Signature, Type, parse_quote_spanned, token};

use super::{
    model::{Shape, Traced},
    signature::{self, Output},
};
use crate::given::Returned;
use crate::tokens::{self, on};

pub(super) fn emit(traced: &Traced<'_>) -> TokenStream {
    let mut sig = traced.function.sig.clone();
    if let (Output::Unit, ReturnType::Type(_, ty)) = (&traced.output, &mut sig.output) {
        // With the user's span, clippy would report `-> ()` as needless, because it no longer sees the body.
        **ty = parse_quote_spanned!(on(ty)=> ());
    }

    let import = traced.krate.import();
    let here = here(traced);
    let warnings = &traced.warnings;
    let questions = body::questions(traced);
    let call = match &traced.shape {
        Shape::Sync => body::of_value(traced, &mut sig),
        Shape::Returns(future, boxing) => {
            body::of_future(traced, &mut sig, future, boxing.as_deref())
        }
        Shape::Async => future::of_async_fn(traced, &mut sig),
        Shape::AsyncTrait(body) => future::of_async_trait(traced, body),
    };

    let attrs = &traced.function.attrs;
    let vis = &traced.function.vis;
    let allow = allow_moved(&traced.function.sig, &sig);
    let mut braces = Group::new(Delimiter::Brace, quote!(#warnings #import #questions #here #call));
    // Clippy requires certain bodies of these two methods, except in an expansion, which a mixed span denotes.
    let has_canonical_form = sig.ident == "clone" || sig.ident == "partial_cmp";
    let span = traced.function.body.span();
    let at = if has_canonical_form { Span::mixed_site().located_at(span) } else { span };
    braces.set_span(at);
    quote!(#(#attrs)* #allow #vis #sig #braces)
}

/// Allows lints that the moved body causes: the compiler does not see that a captured `self` is dropped after its last
/// assignment, and clippy does not see that an argument is returned. Two lints of clippy about signatures exempt an
/// `async fn`, but not the function that replaces it.
fn allow_moved(written: &Signature, emitted: &Signature) -> Option<TokenStream> {
    let ours = Span::mixed_site();
    let mut lints = Vec::new();
    if matches!(written.receiver(), Some(it) if it.mutability.is_some()) {
        lints.push(quote_spanned!(ours=> unused_assignments));
    }

    if written.asyncness.is_some() && emitted.asyncness.is_none() {
        lints.push(quote_spanned!(ours=> clippy::not_unsafe_ptr_arg_deref));
        lints.push(quote_spanned!(ours=> clippy::should_implement_trait));
    }

    if matches!(&written.output, ReturnType::Type(_, ty) if matches!(**ty, Type::Reference(_))) {
        lints.push(quote_spanned!(ours=> clippy::ptr_arg));
    }
    (!lints.is_empty()).then(|| quote_spanned!(ours=> #[allow(#(#lints),*)]))
}

/// Emits a type whose path tells the type of a method that is not in an annotated block, which only the compiler knows.
fn here(traced: &Traced<'_>) -> Option<TokenStream> {
    let is_alone = traced.of_type.is_none() && traced.function.sig.receiver().is_some();
    is_alone.then(|| quote_spanned!(Span::mixed_site()=> enum __FloeHere {}))
}

/// Emits a reference to the call site, as an expression: if the path of the runtime is wrong, nothing else is missing.
fn callsite(traced: &Traced<'_>) -> TokenStream {
    let krate = &traced.krate;
    let private = krate.imported();
    let name = &traced.name;
    let kind = &traced.kind;
    let function = known::of(traced);

    // The line is that of `fn`, not of the attribute. At the name, an editor would show the macro beside the function.
    let line = quote_spanned!(traced.function.sig.fn_token.span=> ::core::line!());
    let ours = Span::mixed_site();
    let with_tracer = traced.tracer.iter().map(|name| quote_spanned!(ours=> , with_tracer(#name)));
    let at = |level| quote_spanned!(ours=> , with_level(#krate::callsite::Level::#level));
    let with_level = traced.level.as_ref().map(at);

    let with_path = here(traced)
        .map(|_| quote_spanned!(ours=> , with_typed_path(#private::typed_path::<__FloeHere>)));
    let metrics = traced.metrics.then(|| quote_spanned!(ours=> , with_metrics()));

    quote_spanned! {ours=>
        #private::callsite!(
            __FLOE_CALLSITE, #name, #function, #line, #kind
            #(#with_tracer)* #with_level #metrics #with_path
        )
    }
}

fn outcome(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.imported();
    let ours = Span::mixed_site();
    if traced.returns_nothing() {
        return quote_spanned!(ours=> #private::outcome::success);
    }

    let has_parameter = traced.has_error_of_parameter();
    if traced.type_of_kind().is_some() {
        return quote_spanned! {at_output(traced)=>
            __floe_kind.__floe_probe().__floe_may_fail().__floe_classify()
        };
    }

    let is_by_type = traced.is_by_type() && !traced.asked.value;
    if let (Output::Type(ty), true) = (&traced.output, is_by_type) {
        let is_result = signature::is_named(ty, "Result");
        let may_fail = (!is_result).then(|| quote_spanned!(ours=> .__floe_may_fail()));
        let name = match (is_result, has_parameter) {
            (_, true) => "probe_display",
            (true, false) => "probe_result",
            (false, false) => "probe",
        };
        let probe = Ident::new(name, ours);
        return quote_spanned!(ours=> #private::outcome::#probe::<#ty>() #may_fail.__floe_classify());
    }

    let probe = Ident::new(if has_parameter { "probe_display_of" } else { "probe_of" }, ours);
    let classifier = quote_spanned! {ours=>
        #private::outcome::#probe(__floe_return).__floe_may_fail().__floe_classify()
    };
    let call = match &traced.error_if {
        None => quote_spanned!(ours=> #classifier(__floe_return, __floe_sink)),
        Some(it) => {
            let is_error = called(it);
            quote_spanned! {ours=>
                #private::outcome::error_if(__floe_return, #is_error, #classifier, __floe_sink)
            }
        }
    };

    // Errors about an argument that `error_if` or `ret` uses are reported there.
    let ret = traced.ret.as_ref();
    let user = traced.error_if.as_ref().or_else(|| ret?.computed());
    let at = user.map_or(ours, on);
    let returned = ret.map(|ret| returned(traced, ret));
    quote_spanned! {at=>
        |__floe_return, __floe_sink| {
            use #private::outcome::IsUnresolved as _;
            #returned
            #call
        }
    }
}

/// The key of the returned value.
const RETURN: &str = "return";

/// Emits the record of the returned value, or of the content of its `Ok`.
fn returned(traced: &Traced<'_>, ret: &Returned) -> TokenStream {
    let ours = Span::mixed_site();
    let at = ret.computed().map_or_else(|| at_output(traced), on);
    let private = tokens::located_at(traced.krate.imported(), at);
    let value = quote_spanned!(at=> #private::Field(__floe_return).__floe_returned());
    let set = match ret {
        Returned::Recorded(format) => {
            let function = Ident::new(format.function(), at);
            quote_spanned!(at=> #private::#function(__floe, #RETURN, #value))
        }
        Returned::Computed(computed) => {
            let computed = called(computed);
            quote_spanned! {at=>
                #private::attribute(
                    __floe,
                    #RETURN,
                    #value.map(|__floe_return| (#computed)()).as_ref(),
                )
            }
        }
    };

    quote_spanned! {ours=>
        use #private::Succeeded as _;
        __floe_sink(#private::outcome::Outcome::Returned(&|__floe: &mut _| #set));
    }
}

/// Emits the call of `error_if` or `ret`. The parameter of the user's closure is bound with `let`, so that an error about its
/// type points at the user's tokens.
fn called(value: &Expr) -> TokenStream {
    let ours = Span::mixed_site();
    let result = Ident::new("__floe_return", on(value));
    let Expr::Closure(closure) = value else {
        return quote_spanned!(on(value)=> || #value(#result));
    };

    let output = &closure.output;
    let body = delimited(&closure.body);
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

/// Emits the declared type for a body whose type cannot be written: an unreachable `return` determines the type, with
/// the bounds of `impl Trait`.
fn declared(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.imported();
    quote_spanned! {Span::mixed_site()=>
        let __floe_declared = #private::declared();
        if false {
            #[allow(clippy::diverging_sub_expression)]
            return __floe_declared.value();
        }
    }
}

/// Emits the user's braces after an `else`, where the lint `unused_braces` ignores them. So they can keep their span,
/// whose edition determines when the temporaries of the last expression are dropped. An unknown type has no `loop {}`
/// before the `else`, because it would turn the type into `()` or `!`.
fn nested(traced: &Traced<'_>) -> TokenStream {
    let body = traced.body();
    let at = at_result(traced);
    let unreachable = match traced.output {
        Output::Unit | Output::Never | Output::Type(_) => {
            quote_spanned!(Span::mixed_site()=> loop {})
        }
        Output::Erased(_) | Output::Macro | Output::Opaque => {
            let private = traced.krate.imported();
            quote_spanned!(Span::mixed_site()=> #private::never_made())
        }
    };
    quote_spanned!(at=> if false { #unreachable } else #body)
}

/// Returns the span of the declared type, for errors about the returned value.
fn at_output(traced: &Traced<'_>) -> Span {
    match &traced.function.sig.output {
        ReturnType::Type(_, ty) => on(ty),
        ReturnType::Default => Span::mixed_site(),
    }
}

/// Returns a hygienic span at the end of the body, for errors about the result. The span of the last token is
/// unsuitable, because rust-analyzer adds a token to an incomplete body, and removes it from the expansion by its span.
fn at_result(traced: &Traced<'_>) -> Span {
    Span::mixed_site().located_at(traced.body().span_close())
}

/// Emits an expression of the attribute, whose own delimiters get our span. With additional parentheses, the compiler
/// would report the user's as unnecessary, and its suggestion to remove them might not compile.
fn delimited(value: &Expr) -> TokenStream {
    let mut value = value.clone();
    let ours = on(&value);
    match &mut value {
        Expr::Block(block) => block.block.brace_token = token::Brace(ours),
        Expr::Paren(paren) => paren.paren_token = token::Paren(ours),
        _ => {}
    }

    value.to_token_stream()
}

/// Allows a use of `_name` in the expansion, which clippy would report.
fn allow_underscore(tokens: &impl ToTokens) -> Option<TokenStream> {
    tokens::any_ident(tokens, |ident| ident.to_string().starts_with('_')).then(|| {
        quote_spanned! {Span::mixed_site()=>
            #[allow(clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]
        }
    })
}

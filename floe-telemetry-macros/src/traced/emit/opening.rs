//! Emits the code that opens the span. An error about a type is reported at the value.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, Lit};

use super::{allow_underscore, callsite, delimited};
use crate::record::{Format, Record, is_constant};
use crate::tokens::on;
use crate::traced::{
    attributes_fn::{AttributesFn, Binding, NamedArgument},
    model::{Parent, Traced},
};

pub(super) fn open(traced: &Traced<'_>) -> TokenStream {
    call(traced, "enter")
}

pub(super) fn open_in_future(traced: &Traced<'_>) -> TokenStream {
    let call = call(traced, "enter_in_future");
    quote_spanned!(Span::mixed_site()=> #call;)
}

pub(super) fn open_inside(traced: &Traced<'_>) -> TokenStream {
    let call = call(traced, "enter");
    quote_spanned!(Span::mixed_site()=> *__floe_span = #call;)
}

pub(super) fn expressions(traced: &Traced<'_>) -> TokenStream {
    let parent = match &traced.parent {
        Parent::Given(parent) => Some(parent),
        Parent::Current | Parent::Nothing => None,
    };

    let name = &traced.computed_name;
    let links = &traced.links;
    let floe_attributes = &traced.floe_attributes;
    let records = traced.records.iter().map(|record| &record.value);
    let attributes_fn = traced.attributes_fn.iter().flat_map(|it| match it {
        AttributesFn::Closure { bindings, .. } => {
            bindings.iter().map(|it| &it.argument.name).collect::<Vec<_>>()
        }
        AttributesFn::Path { arguments, .. } => arguments.iter().map(|it| &it.name).collect(),
    });

    quote!(#parent #name #(#links)* #(#floe_attributes)* #(#records)* #(#attributes_fn)*)
}

/// Emits the call of the runtime's function that opens the span, of a future at its first poll. The user's expressions
/// are in closures bound to variables, so that the kind of closure is inferred. Then, moving or changing an argument is
/// a single error, without a suggestion about the declaration and without further errors in the body.
fn call(traced: &Traced<'_>, enter: &str) -> TokenStream {
    let private = traced.krate.imported();
    let callsite = callsite(traced);
    let ours = Span::mixed_site();
    let enter = Ident::new(enter, ours);
    let (bound, parent) = match &traced.parent {
        Parent::Current => (None, quote_spanned!(ours=> #private::Current)),
        Parent::Nothing => (None, quote_spanned!(ours=> #private::Parent::root)),
        Parent::Given(value) => {
            let parent = quote_spanned!(on(value)=> || #private::below(&(#value)));
            (
                Some(quote_spanned!(ours=> let __floe_parent = #parent;)),
                quote_spanned!(ours=> __floe_parent),
            )
        }
    };

    if !traced.fills() {
        let call = quote_spanned! {ours=>
            #private::#enter(#callsite, #parent, ::core::option::Option::None)
        };
        return match bound {
            Some(bound) => quote_spanned!(ours=> { #bound #call }),
            None => call,
        };
    }

    let fill = fill(traced);
    quote_spanned! {ours=> {
        #bound
        #fill
        #private::#enter(#callsite, #parent, ::core::option::Option::Some(&__floe_fill))
    }}
}

fn fill(traced: &Traced<'_>) -> TokenStream {
    let private = traced.krate.imported();
    let name = traced.computed_name.iter().map(|name| set_name(name, on(name)));
    let links = traced.links.iter().map(|link| quote_spanned!(on(link)=> __floe.links(&(#link));));
    let floe_attributes = traced
        .floe_attributes
        .iter()
        .map(|value| quote_spanned!(on(value)=> __floe.floe_attributes(&(#value));));
    let records = traced.records.iter().map(record);
    let attributes_fn = traced.attributes_fn.iter().map(attributes_fn);
    let statements =
        quote!(#(#name)* #(#links)* #(#floe_attributes)* #(#records)* #(#attributes_fn)*);
    let at = on(&expressions(traced));
    let parameter = quote_spanned!(at=> |__floe: &mut #private::Opening|);
    quote_spanned!(Span::mixed_site()=> let __floe_fill = #parameter { #statements };)
}

fn record(record: &Record) -> TokenStream {
    let Record { key, format, value, cfgs, .. } = record;
    let is_text = matches!(value, Expr::Lit(it) if matches!(it.lit, Lit::Str(_)));
    let set = match format {
        Format::Typed if is_text => quote!(attribute_static(#key, #value)),
        Format::Typed if is_made(value) => {
            let value = delimited(value);
            quote!(attribute_from(#key, #value))
        }
        _ => {
            let method = Ident::new(format.function(), Span::call_site());
            let value = quote_spanned!(on(value)=> &(#value));
            quote!(#method(#key, #value))
        }
    };

    let allow = allow_underscore(value);
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #allow
        __floe.#set;
    }
}

fn attributes_fn(attributes_fn: &AttributesFn<'_>) -> TokenStream {
    match attributes_fn {
        AttributesFn::Closure { bindings, output, body } => {
            let bindings = bindings.iter().map(binding);
            let attributes_fn = quote_spanned!(on(body)=> attributes_fn);
            let body = delimited(body);
            quote_spanned! {Span::mixed_site()=>
                __floe.#attributes_fn(|| #output {
                    #(#bindings)*
                    #body
                });
            }
        }
        AttributesFn::Path { path, arguments } => {
            let names = arguments.iter().map(|argument| &argument.name);
            let allow = allow_underscore(&quote!(#(#names)*));
            let arguments = arguments
                .iter()
                .map(|NamedArgument { name, cfgs }| quote_spanned!(Span::mixed_site()=> #(#cfgs)* &#name));
            let attributes_fn = quote_spanned!(on(path)=> attributes_fn);
            quote_spanned! {Span::mixed_site()=>
                #allow
                __floe.#attributes_fn(|| #path(#(#arguments),*));
            }
        }
    }
}

/// Binds a parameter to an argument, which may have the same name. A type mismatch is reported at the parameter.
fn binding(binding: &Binding<'_>) -> TokenStream {
    let Binding { pattern, argument: NamedArgument { name, cfgs } } = binding;
    let allow = allow_underscore(&quote!(#name #pattern));
    let value = quote_spanned!(on(pattern)=> &#name);
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
        #allow
        let #pattern = #value;
    }
}

/// Sets a name that is computed at run time. A constant is kept; any other text is copied.
fn set_name(name: &Expr, span: Span) -> TokenStream {
    let (method, value) = match name {
        Expr::Path(path) if path.path.segments.last().is_some_and(|it| is_constant(&it.ident)) => {
            ("name_const", quote!(#name))
        }
        _ => ("name", quote_spanned!(span=> &(#name))),
    };

    let method = Ident::new(method, span);
    quote_spanned!(span=> __floe.#method(#value);)
}

/// Whether the expression makes a new value, which can be moved instead of copied.
fn is_made(value: &Expr) -> bool {
    matches!(
        value,
        Expr::Binary(_)
            | Expr::Block(_)
            | Expr::Call(_)
            | Expr::Cast(_)
            | Expr::If(_)
            | Expr::Lit(_)
            | Expr::Macro(_)
            | Expr::Match(_)
            | Expr::MethodCall(_)
            | Expr::Reference(_)
            | Expr::Unsafe(_)
    )
}

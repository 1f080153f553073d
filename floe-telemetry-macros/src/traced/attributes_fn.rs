//! `attributes_fn`: a closure or a path, matched with the arguments of the function.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, ExprClosure, Pat, ReturnType};

use super::arguments::Argument;
use crate::{ctxt::Ctxt, symbol};

pub(super) enum AttributesFn<'a> {
    Closure { bindings: Vec<Binding<'a>>, output: ReturnType, body: Expr },
    Path { path: Expr, arguments: Vec<NamedArgument<'a>> },
}

pub(super) struct NamedArgument<'a> {
    pub(super) name: Ident,
    pub(super) cfgs: Vec<&'a Attribute>,
}

pub(super) struct Binding<'a> {
    pub(super) pattern: Pat,
    pub(super) argument: NamedArgument<'a>,
}

impl<'a> AttributesFn<'a> {
    pub(super) fn new(cx: &Ctxt, value: Expr, arguments: Vec<Argument<'a>>) -> Option<Self> {
        match value {
            Expr::Closure(closure) => Self::closure(cx, closure, arguments),
            Expr::Path(_) => {
                let arguments =
                    arguments.into_iter().filter_map(|it| NamedArgument::new(cx, it)).collect();
                Some(Self::Path { path: value, arguments })
            }
            other => {
                expected_function(cx, &other, symbol::ATTRIBUTES_FN.usage);
                None
            }
        }
    }

    fn closure(cx: &Ctxt, closure: ExprClosure, arguments: Vec<Argument<'a>>) -> Option<Self> {
        if closure.inputs.len() != arguments.len() {
            cx.syn(wrong_count(&closure, &arguments));
            return None;
        }
        let bindings = closure
            .inputs
            .into_iter()
            .zip(arguments)
            // An argument that the closure ignores needs no name.
            .filter(|(pattern, _)| !matches!(pattern, Pat::Wild(_)))
            .filter_map(|(pattern, it)| {
                Some(Binding { pattern, argument: NamedArgument::new(cx, it)? })
            })
            .collect();
        Some(Self::Closure { bindings, output: closure.output, body: *closure.body })
    }
}

impl<'a> NamedArgument<'a> {
    fn new(cx: &Ctxt, argument: Argument<'a>) -> Option<Self> {
        if argument.name.is_none() {
            let message = "`attributes_fn` needs this argument, which has no name: give it one, or \
                           take it as `_` in a closure";
            cx.error(argument.original, message);
        }
        Some(Self { name: argument.name?, cfgs: argument.cfgs })
    }
}

fn wrong_count(closure: &ExprClosure, arguments: &[Argument<'_>]) -> syn::Error {
    let labels: Vec<_> = arguments.iter().map(Argument::label).collect();
    let found = closure.inputs.len();
    let expected = match labels.len() {
        0 => "this function has none".to_owned(),
        count => format!("this function has {count}: `|{}|`", labels.join(", ")),
    };
    let plural = if found == 1 { "" } else { "s" };
    let message = format!("this closure takes {found} argument{plural}, but {expected}");
    syn::Error::new_spanned(head(closure), message)
}

/// Returns the parameters of a closure between their bars.
pub(super) fn head(closure: &ExprClosure) -> TokenStream {
    let ExprClosure { inputs_begin, inputs, inputs_end, .. } = closure;
    quote!(#inputs_begin #inputs #inputs_end)
}

/// Reports a value that is neither a closure nor a path.
pub(super) fn expected_function(cx: &Ctxt, value: &Expr, usage: &str) {
    cx.error(value, format!("expected a closure or the path of a function, as in `{usage}`"));
}

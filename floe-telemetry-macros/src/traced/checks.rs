//! What can be wrong with the values of arguments.

use std::collections::HashSet;

use proc_macro2::Ident;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, Lit, Signature};

use super::{
    args::Args,
    arguments::Argument,
    block::Block,
    capture,
    model::{self, Shape},
    record::{Key, Record},
    returned::{self, What},
};
use crate::{ctxt::Ctxt, symbol, tokens, words};

/// A future or a stream that the signature shows and that no span can go on in.
pub(super) fn returned(cx: &Ctxt, sig: &Signature, shape: &Shape) {
    match shape {
        Shape::Sync | Shape::Async => {
            if let Some(ty) = returned::out_of_reach(sig) {
                let message = "the span would end before this future or stream does: put `#[traced]` on the \
                     function that it comes from, and none or `#[traced(skip)]` here";
                cx.error(ty, message);
            }
        }
        Shape::Returns(it) => {
            let what = match it.what {
                What::Future(_) => "Future",
                What::Stream => "Stream",
            };
            for bound in returned::lost_bounds(&sig.output) {
                let message = format!(
                    "what goes on inside of a span has of all traits only `{what}`, `Send`, `Sync`, \
                     `Unpin` and `Debug`: return that, or write `#[traced(call_only)]` for a span \
                     of the call alone"
                );
                cx.error(bound, message);
            }
        }
        Shape::AsyncTrait(_) => {}
    }
}

/// `error_if` is called by the runtime, with the result and nothing else.
pub(super) fn error_if(cx: &Ctxt, value: &Expr, arguments: &[Argument<'_>]) {
    let usage = symbol::ERROR_IF.usage;
    let closure = match value {
        Expr::Path(_) => return,
        Expr::Closure(closure) => closure,
        _ => {
            let message = format!("expected a closure or the path of a function, as in `{usage}`");
            return cx.error(value, message);
        }
    };
    let (begin, inputs, end) = (&closure.inputs_begin, &closure.inputs, &closure.inputs_end);
    if inputs.len() != 1 {
        let found = inputs.len();
        let message = format!(
            "this closure takes {found} arguments, but `error_if` gives it one, a reference to what \
             was returned, as in `{usage}`"
        );
        return cx.error(quote!(#begin #inputs #end), message);
    }
    let bound = |word: &Ident| tokens::any_ident(inputs, |bound| bound == word);
    let captured = arguments
        .iter()
        .flat_map(Argument::words)
        .filter(|word| !bound(word))
        .find_map(|word| capture::of(&word, closure.body.to_token_stream()));
    if let Some(word) = captured {
        let message = format!(
            "`{word}` is an argument, and may be gone when the function has returned: `error_if` \
             sees nothing but what was returned"
        );
        cx.error(word, message);
    }
}

/// The name of a tracer is part of a static.
pub(super) fn tracer(cx: &Ctxt, value: &Expr, arguments: &[Argument<'_>]) {
    let usage = symbol::TRACER.usage;
    if let Expr::Lit(literal) = value {
        match &literal.lit {
            Lit::Str(text) if text.value().is_empty() => {
                cx.error(text, "a tracer needs a name, and this one is empty");
            }
            Lit::Str(_) => {}
            other => {
                let message =
                    format_args!("a tracer's name is text, as in `{usage}`, or a constant");
                cx.error(other, message);
            }
        }
        return;
    }
    let argument = arguments
        .iter()
        .flat_map(Argument::words)
        .find_map(|word| capture::of(&word, value.to_token_stream()));
    if let Some(word) = argument {
        let message = format_args!(
            "`{word}` is an argument, but the tracer is known before the function is called: write \
             text, as in `{usage}`, or a constant"
        );
        cx.error(&word, message);
    }
}

/// A name alone has to be an argument's: a slip would else be looked up in the surroundings.
pub(super) fn shorthands(cx: &Ctxt, records: &mut [Record], arguments: &[Argument<'_>]) {
    for record in records {
        let Some(word) = &record.shorthand else {
            continue;
        };
        let bare_self = matches!(&record.value, Expr::Path(_)) && word == "self";
        match arguments.iter().find(|argument| argument.binds(word)) {
            Some(_) if bare_self => cx.error(word, "`self` needs a key, as in `key = self`"),
            Some(argument) => record.cfgs = owned(&argument.cfgs),
            None => {
                let names: Vec<_> = arguments.iter().flat_map(Argument::names).collect();
                let names = names.iter().map(String::as_str);
                cx.error(word, words::unknown("argument", &word.to_string(), names));
            }
        }
    }
}

fn owned(attrs: &[&Attribute]) -> Vec<Attribute> {
    attrs.iter().copied().cloned().collect()
}

pub(super) fn duplicates(cx: &Ctxt, records: &[Record]) {
    let mut seen = HashSet::new();
    for record in records {
        if let Key::Text(key) = &record.key
            && !seen.insert(key.value())
        {
            cx.error(
                key,
                format_args!("attribute `{}` is given twice", key.value()),
            );
        }
    }
}

/// What no method can have from its block, and what none has a use for.
pub(super) fn block(cx: &Ctxt, args: &Args, block: Option<&Block>) {
    if let (Some(word), Some(block)) = (&args.boxed, block)
        && !block.has_async_fn()
    {
        let message = "`boxed` is about the futures of `async fn`, of which there are none in this \
                       block, or none that `#[async_trait]` does not box";
        cx.error(word, message);
    }
    if let Some((word, _)) = &args.name {
        let message =
            "`name` is for one function: the methods of a block are called `Type::method`";
        cx.error(word, message);
    }
    if let Some(kind) = &args.kind {
        model::span_kind(cx, kind);
    }
    if let Some(level) = &args.level {
        model::span_level(cx, level);
    }
    if let Some(tracer) = &args.tracer {
        self::tracer(cx, tracer, &[]);
    }
}

/// One value, or several in parentheses.
pub(super) fn several(cx: &Ctxt, written: Expr) -> Vec<Expr> {
    match written {
        Expr::Tuple(tuple) => {
            if tuple.elems.is_empty() {
                let usage = symbol::FLOE_ATTRIBUTES.usage;
                cx.error(
                    &tuple,
                    format_args!("there is no value here, write `{usage}`"),
                );
            }
            tuple.elems.into_iter().collect()
        }
        one => vec![one],
    }
}

/// What stands in an array is taken one by one, so that it is borrowed as everything else is.
pub(super) fn each_of(written: Expr) -> Vec<Expr> {
    match written {
        Expr::Array(array) => array.elems.into_iter().collect(),
        one => vec![one],
    }
}

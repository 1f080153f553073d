//! Parses the tokens of `#[traced(…)]`, and checks only the syntax.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Lit,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Paren,
};

use crate::{ctxt::Ctxt, given::Given, keywords, symbol};

pub(super) fn is_skip(tokens: &TokenStream) -> bool {
    let mut trees = tokens.clone().into_iter();
    let is_word = matches!(trees.next(), Some(TokenTree::Ident(word)) if symbol::SKIP.is(&word));
    let is_comma = |tree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ',');
    is_word && trees.next().is_none_or(is_comma) && trees.next().is_none()
}

/// Parses arguments whose mistakes are reported elsewhere.
pub(super) fn parse_unchecked(tokens: &TokenStream) -> Given {
    parse(&Ctxt::default(), tokens.clone())
}

pub(super) fn parse(cx: &Ctxt, tokens: TokenStream) -> Given {
    let mut args = Given::default();
    let fill = |input: ParseStream<'_>| {
        keywords::parse_each(cx, input, keywords::starts_argument, |input| {
            argument(cx, input, &mut args)
        });

        Ok(())
    };

    if let Err(error) = fill.parse2(tokens) {
        cx.syn(error);
    }

    args.exclude(cx, symbol::ROOT, symbol::PARENT);
    args.exclude(cx, symbol::CALL_ONLY, symbol::FUTURE);
    args
}

fn argument(cx: &Ctxt, input: ParseStream<'_>, args: &mut Given) -> syn::Result<()> {
    if let Ok(literal) = input.fork().parse::<Lit>() {
        let message = "a bare literal is not an argument; a name is written `name = \"…\"`";
        return Err(syn::Error::new(literal.span(), message));
    }

    let mut accepted = symbol::TRACED;
    if let Ok(word) = input.fork().call(Ident::parse_any) {
        if let Some(message) = advice(&word, input) {
            return Err(input.error(message));
        }

        if symbol::SKIP.is(&word) {
            let message =
                "`skip` must be the only argument, on a method in an `impl` block with `#[traced]`";
            return Err(input.error(message));
        }

        if symbol::OF_TYPE.is(&word) {
            accepted = &[symbol::OF_TYPE];
        }
    }

    args.parse(cx, input, accepted)
}

/// Returns a message with the replacement for an argument of `tracing`'s `instrument` or fastrace's `trace`.
fn advice(word: &Ident, input: ParseStream<'_>) -> Option<&'static str> {
    let word = word.to_string();
    Some(match word.as_str() {
        "err" => "`err` is not needed: `#[traced]` records every `Err` that the function returns",
        "skip_all" => NOTHING_TO_SKIP,
        "skip" if has_list(input) => NOTHING_TO_SKIP,
        "fields" => "`fields(…)` is written `attributes(key = value, …)`",
        "target" => {
            "the target is the path of the module; for another instrumentation scope write \
             `tracer = \"acme.billing\"`"
        }
        "follows_from" => "`follows_from` is written `links = [span_context]`",
        "properties" => "`properties = {…}` is written `attributes(key = value, …)`",
        "short_name" => {
            "`short_name` is not needed: a span has the name of the function without its path"
        }
        "enter_on_poll" => {
            "`enter_on_poll` does not exist: one span covers all polls of the future"
        }
        _ => return None,
    })
}

const NOTHING_TO_SKIP: &str = "there is nothing to skip: `#[traced]` records only the arguments that \
                               `attributes(…)` names";

fn has_list(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<Ident>().is_ok() && ahead.peek(Paren)
}

//! Parses the tokens of `#[traced(…)]` into [`Args`], and checks only the syntax.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Expr, Lit, LitStr, Path, Token,
    buffer::Cursor,
    ext::IdentExt,
    parenthesized,
    parse::{ParseStream, Parser},
    token::Paren,
};

use super::record::{self, Record};
use crate::{
    attr::Attr,
    ctxt::Ctxt,
    keywords,
    symbol::{self, Symbol},
};

#[derive(Default)]
pub(super) struct Args {
    pub(super) name: Attr<Expr>,
    pub(super) tracer: Attr<Expr>,
    pub(super) level: Attr<Expr>,
    pub(super) kind: Attr<Expr>,
    pub(super) attributes: Attr<Vec<Record>>,
    pub(super) attributes_fn: Attr<Expr>,
    pub(super) floe_attributes: Attr<Expr>,
    pub(super) parent: Attr<Expr>,
    pub(super) root: Attr<()>,
    pub(super) links: Attr<Expr>,
    pub(super) error_if: Attr<Expr>,
    pub(super) metrics: Attr<()>,
    pub(super) boxed: Attr<()>,
    pub(super) future: Attr<()>,
    pub(super) call_only: Attr<()>,
    pub(super) krate: Attr<Path>,
    pub(super) of_type: Option<String>,
    /// The tokens of each argument, which a block passes on to its methods.
    pub(super) pieces: Vec<(Symbol, TokenStream)>,
}

pub(super) fn is_skip(tokens: &TokenStream) -> bool {
    let mut trees = tokens.clone().into_iter();
    let is_word = matches!(trees.next(), Some(TokenTree::Ident(word)) if symbol::SKIP.is(&word));
    let is_comma = |tree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ',');
    is_word && trees.next().is_none_or(is_comma) && trees.next().is_none()
}

/// The keywords in `tokens`. Mistakes in them are reported elsewhere.
pub(super) fn keywords(tokens: &TokenStream) -> Vec<Symbol> {
    let cx = Ctxt::new();
    let pieces = Args::parse(&cx, tokens.clone()).pieces;
    let _ = cx.check();
    pieces.into_iter().map(|(keyword, _)| keyword).collect()
}

fn between(mut start: Cursor<'_>, end: Cursor<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while start != end
        && let Some((tree, next)) = start.token_tree()
    {
        tokens.extend([tree]);
        start = next;
    }
    tokens
}

impl Args {
    pub(super) fn parse(cx: &Ctxt, tokens: TokenStream) -> Self {
        let mut args = Self::default();
        let fill = |input: ParseStream<'_>| {
            keywords::parse_each(cx, input, keywords::starts_argument, |input| {
                let start = input.cursor();
                let keyword = args.argument(cx, input)?;
                args.pieces.push((keyword, between(start, input.cursor())));
                Ok(())
            });
            Ok(())
        };
        if let Err(error) = fill.parse2(tokens) {
            cx.syn(error);
        }
        args.root.exclude(cx, args.parent.keyword());
        args.call_only.exclude(cx, args.future.keyword());
        args
    }

    fn argument(&mut self, cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<Symbol> {
        if let Ok(literal) = input.fork().parse::<Lit>() {
            let message = "a bare literal is not an argument; a name is written `name = \"…\"`";
            return Err(syn::Error::new(literal.span(), message));
        }
        if let Ok(word) = input.fork().call(Ident::parse_any) {
            if let Some(message) = advice(&word, input) {
                return Err(input.error(message));
            }
            if symbol::OF_TYPE.is(&word) {
                input.parse::<Ident>()?;
                input.parse::<Token![=]>()?;
                self.of_type = Some(input.parse::<LitStr>()?.value());
                return Ok(symbol::OF_TYPE);
            }
            if symbol::SKIP.is(&word) {
                let message = "`skip` must be the only argument, on a method in an `impl` block with `#[traced]`";
                return Err(input.error(message));
            }
        }
        let (word, symbol) = keywords::parse_keyword(input, symbol::TRACED)?;
        let value = match symbol {
            symbol::NAME => &mut self.name,
            symbol::TRACER => &mut self.tracer,
            symbol::LEVEL => &mut self.level,
            symbol::KIND => &mut self.kind,
            symbol::ATTRIBUTES_FN => &mut self.attributes_fn,
            symbol::FLOE_ATTRIBUTES => &mut self.floe_attributes,
            symbol::PARENT => &mut self.parent,
            symbol::LINKS => &mut self.links,
            symbol::ERROR_IF => &mut self.error_if,
            symbol::ATTRIBUTES => {
                if !input.peek(Paren) {
                    return Err(keywords::misused(&word, symbol));
                }
                let content;
                parenthesized!(content in input);
                self.attributes.set(cx, &word, record::list(cx, &content));
                return Ok(symbol);
            }
            symbol::CRATE => {
                let path = keywords::parse_value_with(input, &word, symbol, Path::parse_mod_style)?;
                self.krate.set(cx, &word, path);
                return Ok(symbol);
            }
            _ => {
                keywords::check_switch(input, &word, symbol)?;
                self.switch(symbol).set(cx, &word, ());
                return Ok(symbol);
            }
        };
        value.set(cx, &word, keywords::ungrouped(keywords::parse_value(input, &word, symbol)?));
        Ok(symbol)
    }

    fn switch(&mut self, symbol: Symbol) -> &mut Attr<()> {
        match symbol {
            symbol::ROOT => &mut self.root,
            symbol::METRICS => &mut self.metrics,
            symbol::BOXED => &mut self.boxed,
            symbol::FUTURE => &mut self.future,
            _ => &mut self.call_only,
        }
    }
}

/// The replacement for an argument of `tracing`'s `instrument` or fastrace's `trace` at the start of `input`.
fn advice(word: &Ident, input: ParseStream<'_>) -> Option<&'static str> {
    let word = word.to_string();
    Some(match word.as_str() {
        "err" => "`err` is not needed: `#[traced]` records every `Err` that the function returns",
        "ret" => {
            "`ret` does not exist: record what is needed of the result in the body, with \
             `floe_telemetry::set_attribute(\"key\", value)`"
        }
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

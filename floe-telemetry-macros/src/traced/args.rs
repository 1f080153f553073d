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

pub(super) struct Args<'c> {
    pub(super) name: Attr<'c, Expr>,
    pub(super) tracer: Attr<'c, Expr>,
    pub(super) level: Attr<'c, Expr>,
    pub(super) kind: Attr<'c, Expr>,
    pub(super) attributes: Attr<'c, Vec<Record>>,
    pub(super) attributes_fn: Attr<'c, Expr>,
    pub(super) floe_attributes: Attr<'c, Expr>,
    pub(super) parent: Attr<'c, Expr>,
    pub(super) root: Attr<'c, ()>,
    pub(super) links: Attr<'c, Expr>,
    pub(super) error_if: Attr<'c, Expr>,
    pub(super) metrics: Attr<'c, ()>,
    pub(super) boxed: Attr<'c, ()>,
    pub(super) future: Attr<'c, ()>,
    pub(super) call_only: Attr<'c, ()>,
    pub(super) krate: Attr<'c, Path>,
    pub(super) of_type: Option<String>,
    /// The tokens of each argument, which a block passes on to its methods.
    pub(super) pieces: Vec<(String, TokenStream)>,
}

/// The word `skip`, if it is the only argument.
pub(super) fn skip(tokens: &TokenStream) -> Option<Ident> {
    let mut trees = tokens.clone().into_iter();
    let Some(TokenTree::Ident(word)) = trees.next() else {
        return None;
    };
    let rest = trees.next();
    let comma = matches!(&rest, Some(TokenTree::Punct(comma)) if comma.as_char() == ',');
    let is_alone = rest.is_none() || comma && trees.next().is_none();
    (word == symbol::SKIP.word && is_alone).then_some(word)
}

/// Whether the only argument is `skip`.
pub(super) fn is_skip(tokens: &TokenStream) -> bool {
    skip(tokens).is_some()
}

/// The keywords in `tokens`. Mistakes in them are reported elsewhere.
pub(super) fn words(tokens: &TokenStream) -> Vec<String> {
    let cx = Ctxt::new();
    let pieces = Args::parse(&cx, tokens.clone()).pieces;
    let _ = cx.check();
    pieces.into_iter().map(|(word, _)| word).collect()
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

impl<'c> Args<'c> {
    pub(super) fn parse(cx: &'c Ctxt, tokens: TokenStream) -> Self {
        let mut args = Self::new(cx);
        let fill = |input: ParseStream<'_>| {
            keywords::parse_each(cx, input, keywords::starts_argument, |input| {
                let start = input.cursor();
                args.argument(cx, input)?;
                let piece = between(start, input.cursor());
                if let Some(TokenTree::Ident(word)) = piece.clone().into_iter().next() {
                    args.pieces.push((word.to_string(), piece));
                }
                Ok(())
            });
            Ok(())
        };
        if let Err(error) = fill.parse2(tokens) {
            cx.syn(error);
        }
        args
    }

    fn new(cx: &'c Ctxt) -> Self {
        Self {
            name: Attr::new(cx, symbol::NAME),
            tracer: Attr::new(cx, symbol::TRACER),
            level: Attr::new(cx, symbol::LEVEL),
            kind: Attr::new(cx, symbol::KIND),
            attributes: Attr::new(cx, symbol::ATTRIBUTES),
            attributes_fn: Attr::new(cx, symbol::ATTRIBUTES_FN),
            floe_attributes: Attr::new(cx, symbol::FLOE_ATTRIBUTES),
            parent: Attr::new(cx, symbol::PARENT),
            root: Attr::new(cx, symbol::ROOT),
            links: Attr::new(cx, symbol::LINKS),
            error_if: Attr::new(cx, symbol::ERROR_IF),
            metrics: Attr::new(cx, symbol::METRICS),
            boxed: Attr::new(cx, symbol::BOXED),
            future: Attr::new(cx, symbol::FUTURE),
            call_only: Attr::new(cx, symbol::CALL_ONLY),
            krate: Attr::new(cx, symbol::CRATE),
            of_type: None,
            pieces: Vec::new(),
        }
    }

    fn argument(&mut self, cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<()> {
        if let Ok(literal) = input.fork().parse::<Lit>() {
            let message = "a bare literal is not an argument; a name is written `name = \"…\"`";
            return Err(syn::Error::new(literal.span(), message));
        }
        if let Ok(word) = input.fork().call(Ident::parse_any) {
            if let Some(message) = instrument_advice(&word, input) {
                return Err(input.error(message));
            }
            if word == symbol::OF_TYPE {
                input.parse::<Ident>()?;
                input.parse::<Token![=]>()?;
                self.of_type = Some(input.parse::<LitStr>()?.value());
                return Ok(());
            }
            if word == symbol::SKIP.word {
                let message = "`skip` must be the only argument, on a method in an `impl` block with `#[traced]`";
                return Err(input.error(message));
            }
        }
        let (word, symbol) = keywords::parse_keyword(input, symbol::TRACED)?;
        match symbol {
            symbol::NAME => parse_value(&mut self.name, input, &word, symbol),
            symbol::TRACER => parse_value(&mut self.tracer, input, &word, symbol),
            symbol::LEVEL => parse_value(&mut self.level, input, &word, symbol),
            symbol::KIND => parse_value(&mut self.kind, input, &word, symbol),
            symbol::ATTRIBUTES => {
                if !input.peek(Paren) {
                    return Err(keywords::misused(&word, symbol));
                }
                let content;
                parenthesized!(content in input);
                self.attributes.set(&word, record::list(cx, &content));
                Ok(())
            }
            symbol::ATTRIBUTES_FN => parse_value(&mut self.attributes_fn, input, &word, symbol),
            symbol::FLOE_ATTRIBUTES => parse_value(&mut self.floe_attributes, input, &word, symbol),
            symbol::PARENT => {
                self.root.exclude(&word);
                parse_value(&mut self.parent, input, &word, symbol)
            }
            symbol::ROOT => {
                self.parent.exclude(&word);
                parse_switch(&mut self.root, input, &word, symbol)
            }
            symbol::LINKS => parse_value(&mut self.links, input, &word, symbol),
            symbol::ERROR_IF => parse_value(&mut self.error_if, input, &word, symbol),
            symbol::METRICS => parse_switch(&mut self.metrics, input, &word, symbol),
            symbol::BOXED => parse_switch(&mut self.boxed, input, &word, symbol),
            symbol::FUTURE => {
                self.call_only.exclude(&word);
                parse_switch(&mut self.future, input, &word, symbol)
            }
            symbol::CALL_ONLY => {
                self.future.exclude(&word);
                parse_switch(&mut self.call_only, input, &word, symbol)
            }
            _ => {
                let path = keywords::parse_value_with(input, &word, symbol, Path::parse_mod_style)?;
                self.krate.set(&word, path);
                Ok(())
            }
        }
    }
}

/// The expression in the invisible group of a `macro_rules!` fragment such as `$name:expr`.
fn ungrouped(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => ungrouped(*group.expr),
        value => value,
    }
}

/// Parses `word = value`.
fn parse_value(
    cell: &mut Attr<'_, Expr>,
    input: ParseStream<'_>,
    word: &Ident,
    symbol: Symbol,
) -> syn::Result<()> {
    cell.set(word, ungrouped(keywords::parse_value(input, word, symbol)?));
    Ok(())
}

/// Parses `word`.
fn parse_switch(
    cell: &mut Attr<'_, ()>,
    input: ParseStream<'_>,
    word: &Ident,
    symbol: Symbol,
) -> syn::Result<()> {
    keywords::check_switch(input, word, symbol)?;
    cell.set(word, ());
    Ok(())
}

/// The replacement for an argument of `tracing`'s `instrument` at the start of `input`.
fn instrument_advice(word: &Ident, input: ParseStream<'_>) -> Option<&'static str> {
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
        _ => return None,
    })
}

const NOTHING_TO_SKIP: &str = "there is nothing to skip: `#[traced]` records only the arguments that \
                               `attributes(…)` names";

/// Whether the word is followed by parentheses.
fn has_list(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<Ident>().is_ok() && ahead.peek(Paren)
}

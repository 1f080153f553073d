//! Bodies that end in `Box::pin(…)`, and put a future into a box.
//!
//! The future is wrapped inside the box, because a span around the box would need a second box. The compiler accepts
//! the type of a second box only if the output lives as long as the box.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Block, Expr, GenericParam, Signature, Stmt};

use crate::tokens;

pub(super) struct Boxing {
    pub(super) pin: TokenStream,
    /// The user's braces, with the content of the box as the last expression.
    pub(super) body: Group,
    /// The user's parentheses, at which a box of another type is reported.
    pub(super) parentheses: Span,
}

impl Boxing {
    /// Returns `None` if the body does not end with `Box::pin(…)`, or may return another box before.
    pub(super) fn new(body: &Group) -> Option<Self> {
        let Ending { statements, pin, arguments } = Ending::new(body)?;
        if tokens::has_word(&statements, &["return"]) {
            return None;
        }

        let mut boxed: Vec<_> = arguments.stream().into_iter().collect();
        boxed.pop_if(|it| matches!(it, TokenTree::Punct(comma) if comma.as_char() == ','));

        let inside = statements.into_iter().chain(boxed).collect();
        let mut block = Group::new(Delimiter::Brace, inside);
        block.set_span(body.span());
        Some(Self { pin, body: block, parentheses: arguments.span() })
    }
}

/// A body that ends with `Box::pin(…)`.
pub(super) struct Ending {
    statements: TokenStream,
    /// `Box::pin`
    pin: TokenStream,
    arguments: Group,
}

impl Ending {
    pub(super) fn new(body: &Group) -> Option<Self> {
        let trees: Vec<_> = body.stream().into_iter().collect();
        let (last, rest) = trees.split_last()?;
        let arguments = group(last.clone(), Delimiter::Parenthesis)?;
        let path = rest.iter().rev().take_while(|it| is_in_path(it));
        let (statements, pin) = rest.split_at(rest.len() - path.count());
        let [.., TokenTree::Ident(of), _, _, TokenTree::Ident(function)] = pin else {
            return None;
        };

        let is_last = match statements.last() {
            None => true,
            Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            Some(_) => false,
        };

        (of == "Box" && function == "pin" && is_last).then(|| Self {
            statements: statements.iter().cloned().collect(),
            pin: pin.iter().cloned().collect(),
            arguments,
        })
    }

    /// Whether the box contains an `async` block, and not an expression of an unknown type.
    pub(super) fn is_async(&self) -> bool {
        let first = self.arguments.stream().into_iter().next();
        matches!(first, Some(TokenTree::Ident(word)) if word == "async")
    }
}

/// Whether a branch of the body ends in `Box::pin(…)`, or in a method that the `futures` crate has for it.
pub(super) fn may_return_a_box(body: &Group) -> bool {
    if !tokens::has_word(body, &["pin", "boxed", "boxed_local"]) {
        return false;
    }
    syn::parse2(body.to_token_stream()).is_ok_and(|body: Block| block_may_be_a_box(&body))
}

fn block_may_be_a_box(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(last, _)) => may_be_a_box(last),
        _ => false,
    }
}

fn may_be_a_box(value: &Expr) -> bool {
    match value {
        Expr::Block(it) => block_may_be_a_box(&it.block),
        Expr::Unsafe(it) => block_may_be_a_box(&it.block),
        Expr::If(it) => {
            let otherwise = it.else_branch.as_ref();
            block_may_be_a_box(&it.then_branch)
                || otherwise.is_some_and(|(_, otherwise)| may_be_a_box(otherwise))
        }
        Expr::Match(it) => it.arms.iter().any(|arm| may_be_a_box(&arm.body)),
        Expr::Return(it) => it.expr.as_deref().is_some_and(may_be_a_box),
        Expr::Group(it) => may_be_a_box(&it.expr),
        Expr::Paren(it) => may_be_a_box(&it.expr),
        Expr::Cast(it) => may_be_a_box(&it.expr),
        Expr::Call(it) => match &*it.func {
            Expr::Path(function) => {
                let mut names = function.path.segments.iter().rev().map(|it| &it.ident);
                names.next().is_some_and(|it| it == "pin")
                    && names.next().is_some_and(|it| it == "Box")
            }
            _ => false,
        },
        Expr::MethodCall(it) => it.method == "boxed" || it.method == "boxed_local",
        _ => false,
    }
}

fn is_in_path(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Ident(word) => word != "return",
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    }
}

/// The body of an `async fn` after `#[async_trait]`: `Box::pin(async move { … })`.
pub(super) struct AsyncTrait {
    /// `Box::pin`
    pub(super) pin: TokenStream,
    pub(super) body: Group,
}

impl AsyncTrait {
    /// Recognizes `#[async_trait]` by the lifetime that it adds to the signature.
    pub(super) fn new(sig: &Signature, body: &Group) -> Option<Self> {
        sig.generics.params.iter().find(|parameter| {
            matches!(parameter, GenericParam::Lifetime(it) if it.lifetime.ident == "async_trait")
        })?;

        let mut pin: Vec<_> = body.stream().into_iter().collect();
        let arguments = group(pin.pop()?, Delimiter::Parenthesis)?;
        let mut future: Vec<_> = arguments.stream().into_iter().collect();
        let body = group(future.pop()?, Delimiter::Brace)?;
        let words: Vec<_> = future.iter().map(ToString::to_string).collect();
        (words == ["async", "move"]).then(|| Self { pin: pin.into_iter().collect(), body })
    }
}

fn group(tree: TokenTree, delimiter: Delimiter) -> Option<Group> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

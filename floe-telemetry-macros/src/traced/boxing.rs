//! Bodies that end in `Box::pin(…)`, and put a future into a box.
//!
//! The future is wrapped inside the box, because a span around the box would need a second box. The compiler accepts
//! the type of a second box only if the output lives as long as the box.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{GenericParam, Signature};

use super::arguments::Argument;
use crate::tokens;

pub(super) struct Boxing {
    pub(super) pin: TokenStream,
    /// The user's braces, with the content of the box as the last expression.
    pub(super) body: Group,
    /// The user's parentheses, at which a box of another type is reported.
    pub(super) parentheses: Span,
    /// Whether the compiler is asked inside the box whether its content is a future. The parameters of a closure would be
    /// unknown there.
    pub(super) is_asked: bool,
}

impl Boxing {
    /// Returns `None` if the body does not end with `Box::pin(…)`, or may return another box before.
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

        let returns = statements.iter().any(|it| tokens::has_word(it, &["return"]));
        if of != "Box" || function != "pin" || !is_last || returns {
            return None;
        }

        let mut boxed: Vec<_> = arguments.stream().into_iter().collect();
        boxed.pop_if(|it| matches!(it, TokenTree::Punct(comma) if comma.as_char() == ','));

        let has_closure = tokens::any_punct(&arguments, '|');
        let is_async = matches!(boxed.first(), Some(TokenTree::Ident(word)) if word == "async");
        let inside = statements.iter().cloned().chain(boxed).collect();
        let mut block = Group::new(Delimiter::Brace, inside);
        block.set_span(body.span());
        let pin = pin.iter().cloned().collect();
        let is_asked = is_async || !has_closure;
        Some(Self { pin, body: block, parentheses: arguments.span(), is_asked })
    }
}

/// Whether the body only returns an argument, a field of one, or a tuple of these, so that nothing runs in the call.
pub(super) fn returns_argument(body: &Group, arguments: &[Argument<'_>]) -> bool {
    let trees: Vec<_> = body.stream().into_iter().collect();
    match &*trees {
        [TokenTree::Group(tuple)] if tuple.delimiter() == Delimiter::Parenthesis => {
            let trees: Vec<_> = tuple.stream().into_iter().collect();
            let is_comma =
                |it: &TokenTree| matches!(it, TokenTree::Punct(it) if it.as_char() == ',');
            trees.split(is_comma).all(|part| part.is_empty() || is_argument(part, arguments))
        }
        trees => is_argument(trees, arguments),
    }
}

fn is_argument(trees: &[TokenTree], arguments: &[Argument<'_>]) -> bool {
    let Some((TokenTree::Ident(word), fields)) = trees.split_first() else {
        return false;
    };

    arguments.iter().any(|argument| argument.binds(word))
        && fields.iter().all(|tree| match tree {
            TokenTree::Punct(punct) => punct.as_char() == '.',
            tree => matches!(tree, TokenTree::Ident(_) | TokenTree::Literal(_)),
        })
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

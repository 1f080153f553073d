//! Values that are called like a credential, wherever in an expression they are used.
//!
//! Tokens are looked at, and not expressions: most uses that matter are in a macro.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, LitStr, Pat, ext::IdentExt};

use super::{
    attributes_fn::{AttributesFn, Binding},
    record::{Key, Record},
};
use crate::{ctxt::Ctxt, secret};

/// What these say about a value does not give it away.
const HARMLESS: &[&str] = &["is_empty", "is_err", "is_none", "is_ok", "is_some", "len"];

/// A key in quotes says that someone thought about it.
pub(super) fn in_records(cx: &Ctxt, records: &[Record]) {
    for record in records.iter().filter(|record| !record.quoted) {
        let used = first_use(record.value.to_token_stream(), &[]);
        let found = used.or_else(|| match &record.key {
            Key::Text(key) if record.shorthand.is_none() => {
                let text = key.value();
                let last = text.rsplit('.').next().unwrap_or_default();
                secret::is_named_by(last).then(|| (last.to_owned(), key.span()))
            }
            _ => None,
        });
        if let Some((name, span)) = found {
            let message = format!(
                "`{name}` sounds like a credential, which no span may carry: record something else \
                 about it, as in `attributes({name}_present = {name}.is_some())`, or if it is none, \
                 put the key in quotes: `\"{name}\" = …`"
            );
            cx.syn(syn::Error::new(span, message));
        }
    }
}

pub(super) fn in_name(cx: &Ctxt, name: &Expr) {
    if let Some((name, span)) = first_use(name.to_token_stream(), &[]) {
        let message = format!(
            "`{name}` sounds like a credential, which no span may be called by: leave it out, or \
             record something about it, as in `attributes({name}_present = {name}.is_some())`, or \
             if it is none, `attributes(\"{name}\" = …)` with the key in quotes"
        );
        cx.syn(syn::Error::new(span, message));
    }
}

/// What the closure calls an argument does not matter, except that `_` is no use of it.
pub(super) fn in_attributes_fn(cx: &Ctxt, attributes_fn: &AttributesFn<'_>) {
    let AttributesFn::Closure { bindings, body, .. } = attributes_fn else {
        return;
    };
    let renamed: Vec<_> = bindings.iter().filter_map(renamed).collect();
    if let Some((name, span)) = first_use(body.to_token_stream(), &renamed) {
        let message = format!(
            "`{name}` sounds like a credential, which no span may carry: take the argument as `_`, \
             or record something else about it, as in \
             `attributes({name}_present = {name}.is_some())`, or if it is none, \
             `attributes(\"{name}\" = …)` with the key in quotes"
        );
        cx.syn(syn::Error::new(span, message));
    }
}

/// What the closure calls an argument that sounds like one.
fn renamed(binding: &Binding<'_>) -> Option<Ident> {
    let is_secret = secret::is_named_by(&binding.given.name.unraw().to_string());
    match &binding.pattern {
        Pat::Ident(pat) if is_secret => Some(pat.ident.clone()),
        Pat::Type(typed) if is_secret => match &*typed.pat {
            Pat::Ident(pat) => Some(pat.ident.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The first name of a secret whose value `tokens` use, or one of `others`.
fn first_use(tokens: TokenStream, others: &[Ident]) -> Option<(String, Span)> {
    Search { others }.tokens(tokens, false)
}

struct Search<'a> {
    others: &'a [Ident],
}

impl Search<'_> {
    fn tokens(&self, tokens: TokenStream, in_macro: bool) -> Option<(String, Span)> {
        let trees: Vec<_> = tokens.into_iter().collect();
        let mut index = 0;
        while index < trees.len() {
            let before = index.checked_sub(1).map(|before| &trees[before]);
            let rest = &trees[index + 1..];
            let found = match &trees[index] {
                TokenTree::Ident(word) => self.word(word, before, rest),
                TokenTree::Literal(_) if in_macro => self.text(&trees[index]),
                TokenTree::Group(group) => {
                    let in_macro = in_macro || is_punct(before, '!');
                    self.tokens(group.stream(), in_macro)
                }
                TokenTree::Punct(punct) if punct.as_char() == '|' && !is_operand(before) => {
                    // The parameters of a closure are no uses.
                    let bar = rest.iter().position(|tree| is_punct(Some(tree), '|'));
                    index += bar.map_or(0, |bar| bar + 1);
                    None
                }
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            index += 1;
        }
        None
    }

    fn word(
        &self,
        word: &Ident,
        before: Option<&TokenTree>,
        rest: &[TokenTree],
    ) -> Option<(String, Span)> {
        let name = word.unraw().to_string();
        let is_type = name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
        let is_given = self.others.contains(word) && !is_punct(before, '.');
        if is_type || !(is_given || secret::is_named_by(&name)) {
            return None;
        }
        // `token::parse(…)` is a module, `dsn!(…)` a macro, and `format!("", token = x)` a name for
        // something else.
        let follows = |at: usize, punct| is_punct(rest.get(at), punct);
        let names_another = (follows(0, ':') && !is_punct(before, ':'))
            || follows(0, '!') && !follows(1, '=')
            || follows(0, '=') && !follows(1, '=') && !follows(1, '>');
        (!names_another && gives_away(rest)).then(|| (name, word.span()))
    }

    /// `{password}` and `{password:?}` in the text of a `format!`.
    fn text(&self, literal: &TokenTree) -> Option<(String, Span)> {
        let literal: LitStr = syn::parse2(literal.to_token_stream()).ok()?;
        let text = literal.value().replace("{{", "");
        text.split('{').skip(1).find_map(|piece| {
            let name = piece.split(['}', ':']).next()?.trim();
            let is_other = self.others.iter().any(|other| other == name);
            (is_other || secret::is_named_by(name)).then(|| (name.to_owned(), literal.span()))
        })
    }
}

/// Whether what follows the name is the value, or another that has a name of its own.
fn gives_away(mut rest: &[TokenTree]) -> bool {
    if let [TokenTree::Group(group), more @ ..] = rest
        && group.delimiter() == Delimiter::Parenthesis
    {
        rest = more;
    }
    while let [TokenTree::Punct(punct), more @ ..] = rest {
        match (punct.as_char(), more) {
            ('?', more) => rest = more,
            ('.', [TokenTree::Ident(word), TokenTree::Group(call), more @ ..]) if is_call(call) => {
                if HARMLESS.iter().any(|harmless| word == harmless) {
                    return false;
                }
                rest = more;
            }
            ('.', [TokenTree::Ident(word), more @ ..]) => {
                if word != "await" && !is_punct(more.first(), ':') {
                    return false;
                }
                rest = more;
            }
            _ => return true,
        }
    }
    true
}

fn is_call(group: &Group) -> bool {
    group.delimiter() == Delimiter::Parenthesis
}

fn is_punct(tree: Option<&TokenTree>, wanted: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// Whether a `|` behind it is an operator.
fn is_operand(tree: Option<&TokenTree>) -> bool {
    match tree {
        Some(TokenTree::Ident(word)) => !["move", "return", "async", "in"]
            .iter()
            .any(|it| word == it),
        Some(TokenTree::Literal(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '?',
        None => false,
    }
}

//! Detects uses of values with a credential's name, anywhere in an expression.
//!
//! The search is in tokens, not in expressions, because most such uses are in the arguments of a macro.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, LitStr, Pat, ext::IdentExt};

use super::{
    arguments::{self, Argument, Leaf},
    attributes_fn::{AttributesFn, Binding},
};
use crate::{
    ctxt::Ctxt,
    record::{Key, Record},
    secret,
};

/// Methods whose result does not reveal the value.
const HARMLESS: &[&str] = &["is_empty", "is_err", "is_none", "is_ok", "is_some", "len"];

/// Another name for a value that has a credential's name.
pub(super) struct Alias {
    word: Ident,
    of: String,
}

pub(super) fn aliases(arguments: &[Argument<'_>]) -> Vec<Alias> {
    arguments.iter().flat_map(|argument| &argument.leaves).filter_map(of_leaf).collect()
}

fn of_leaf((word, fields): &Leaf<'_>) -> Option<Alias> {
    let mut names = fields.iter().map(|field| field.unraw().to_string());
    let of = names.find(|name| secret::is_named_by(name))?;
    Some(Alias { word: (*word).clone(), of })
}

/// Checks records, except those with a key in quotes, which the user chose deliberately.
pub(super) fn in_records(cx: &Ctxt, records: &[Record], aliases: &[Alias]) {
    for record in records.iter().filter(|record| !record.quoted) {
        let used = first_use(record.value.to_token_stream(), aliases);
        let found = used.or_else(|| match &record.key {
            Key::Text(key) if record.shorthand.is_none() => {
                let text = key.value();
                let last = text.rsplit('.').next().unwrap_or_default();
                secret::is_named_by(last).then(|| Use::of_name(last, key.span()))
            }
            _ => None,
        });

        if let Some(found) = found {
            cx.syn(found.error("carry: record something else"));
        }
    }
}

pub(super) fn in_name(cx: &Ctxt, name: &Expr, aliases: &[Alias]) {
    if let Some(found) = first_use(name.to_token_stream(), aliases) {
        cx.syn(found.error("be named after: leave it out, or record something"));
    }
}

/// Checks the argument `ret` without an expression, which records the output of the function.
pub(super) fn in_output(cx: &Ctxt, function: &Ident) {
    if secret::is_named_by(&function.unraw().to_string()) {
        let message = format_args!(
            "`{function}` sounds like a credential, which no span may carry: leave out `ret`, or, if it is not one, \
             compute what it records, as in `ret = |value| value.len()`"
        );
        cx.error(function, message);
    }
}

/// Checks the expression of the argument `ret`, whose closure may give a field another name.
pub(super) fn in_computed(cx: &Ctxt, computed: &Expr) {
    let renamed: Vec<_> = match computed {
        Expr::Closure(closure) => {
            let leaves = closure.inputs.iter().flat_map(arguments::leaves);
            leaves.filter_map(|leaf| of_leaf(&leaf)).collect()
        }
        _ => Vec::new(),
    };
    if let Some(found) = first_use(computed.to_token_stream(), &renamed) {
        cx.syn(found.error("carry: record something else"));
    }
}

/// Checks whether a closure uses an argument of the function with a credential's name, whatever its parameter is
/// called. A parameter `_` does not use the argument.
pub(super) fn in_attributes_fn(cx: &Ctxt, attributes_fn: &AttributesFn<'_>) {
    let AttributesFn::Closure { bindings, body, .. } = attributes_fn else {
        return;
    };

    let renamed: Vec<_> = bindings.iter().flat_map(renamed).collect();
    if let Some(found) = first_use(body.to_token_stream(), &renamed) {
        cx.syn(found.error("carry: take the argument as `_`, or record something else"));
    }
}

/// Returns the names that the closure gives to an argument, or a field of one, that is named like a credential.
fn renamed(binding: &Binding<'_>) -> Vec<Alias> {
    let whole = match &binding.pattern {
        Pat::Type(typed) => &*typed.pat,
        pattern => pattern,
    };

    let argument = binding.argument.name.unraw().to_string();
    let mut found: Vec<_> = arguments::leaves(whole).iter().filter_map(of_leaf).collect();
    if let Pat::Ident(pat) = whole
        && secret::is_named_by(&argument)
    {
        let word = pat.ident.clone();
        found.push(Alias { word, of: argument });
    }
    found
}

struct Use {
    name: String,
    span: Span,
}

impl Use {
    fn of_name(name: &str, span: Span) -> Self {
        Self { name: name.to_owned(), span }
    }

    fn error(&self, advice: &str) -> syn::Error {
        let Self { name, span } = self;
        let message = format!(
            "`{name}` sounds like a credential, which no span may {advice} about it, as in \
             `attributes({name}_present = ….is_some())` or with `!….is_empty()`, or, if it is not one, record it under \
             another name in quotes, as in `attributes(\"name\" = …)`"
        );

        syn::Error::new(*span, message)
    }
}

/// Returns the first secret whose value is used in `tokens`, under its own name or an alias.
fn first_use(tokens: TokenStream, aliases: &[Alias]) -> Option<Use> {
    Search { aliases }.tokens(tokens, false)
}

struct Search<'a> {
    aliases: &'a [Alias],
}

impl Search<'_> {
    fn tokens(&self, tokens: TokenStream, in_macro: bool) -> Option<Use> {
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
                    // The parameters of a closure are not uses.
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

    fn word(&self, word: &Ident, before: Option<&TokenTree>, rest: &[TokenTree]) -> Option<Use> {
        let same_word = self.aliases.iter().find(|alias| alias.word == *word);
        let alias = same_word.filter(|_| !is_punct(before, '.'));
        let name = alias.map_or_else(|| word.unraw().to_string(), |alias| alias.of.clone());
        let is_type = name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
        if is_type || !(alias.is_some() || secret::is_named_by(&name)) {
            return None;
        }

        // In `token::parse(…)`, the word is a module, in `dsn!(…)` a macro, and in `format!("", token = x)` a name for
        // another value.
        let follows = |at: usize, punct| is_punct(rest.get(at), punct);
        let names_another = (follows(0, ':') && !is_punct(before, ':'))
            || follows(0, '!') && !follows(1, '=')
            || follows(0, '=') && !follows(1, '=') && !follows(1, '>');
        (!names_another && is_value(rest)).then(|| Use { name, span: word.span() })
    }

    /// Returns the secret in the text of a `format!`, as in `{password}` or `{password:?}`.
    fn text(&self, literal: &TokenTree) -> Option<Use> {
        let literal: LitStr = syn::parse2(literal.to_token_stream()).ok()?;
        let text = literal.value().replace("{{", "");
        text.split('{').skip(1).find_map(|piece| {
            let name = piece.split(['}', ':']).next()?.trim();
            let alias = self.aliases.iter().find(|alias| alias.word == name);
            let name = alias.map_or(name, |alias| &alias.of);
            secret::is_named_by(name).then(|| Use::of_name(name, literal.span()))
        })
    }
}

/// Whether the tokens after the name still denote the secret, rather than a derived value.
fn is_value(mut rest: &[TokenTree]) -> bool {
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
                let is_same = word == "await" || secret::is_form(&word.to_string());
                if !is_same && !is_punct(more.first(), ':') {
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

/// Whether a `|` after `tree` is an operator, rather than the start of a closure.
fn is_operand(tree: Option<&TokenTree>) -> bool {
    match tree {
        Some(TokenTree::Ident(word)) => {
            !["move", "return", "async", "in"].iter().any(|it| word == it)
        }
        Some(TokenTree::Literal(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => match punct.as_char() {
            '?' => true,
            '|' => punct.spacing() == Spacing::Joint,
            _ => false,
        },
        None => false,
    }
}

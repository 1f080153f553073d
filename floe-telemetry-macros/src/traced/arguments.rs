//! The arguments of the function, under the names that its body uses.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, FnArg, Member, Pat, Signature, ext::IdentExt};

use crate::tokens;

pub(super) struct Argument<'a> {
    /// The name; `None` for `_` and for a pattern without a name for the whole.
    pub(super) name: Option<Ident>,
    /// All names that the argument binds, usually one.
    pub(super) leaves: Vec<&'a Ident>,
    /// The names bound to a field, each with the field.
    pub(super) fields: Vec<(&'a Ident, &'a Ident)>,
    /// The tokens for errors.
    pub(super) original: &'a dyn ToTokens,
    /// Conditions of the argument, which its uses in the expansion need, too.
    pub(super) cfgs: Vec<&'a Attribute>,
}

pub(super) fn of(sig: &Signature) -> Vec<Argument<'_>> {
    sig.inputs.iter().map(Argument::new).collect()
}

impl<'a> Argument<'a> {
    fn new(arg: &'a FnArg) -> Self {
        let (name, leaves, original, attrs): (_, _, &dyn ToTokens, _) = match arg {
            FnArg::Receiver(receiver) => {
                let name = Ident::new("self", receiver.self_token.span);
                (Some(name), Vec::new(), &receiver.self_token, &receiver.attrs)
            }
            FnArg::Typed(typed) => {
                let mut leaves = Vec::new();
                collect(&typed.pat, &mut leaves);
                let name = match &*typed.pat {
                    Pat::Ident(pat) => Some(pat.ident.clone()),
                    _ => None,
                };
                (name, leaves, &typed.pat, &typed.attrs)
            }
        };
        let fields = match arg {
            FnArg::Receiver(_) => Vec::new(),
            FnArg::Typed(typed) => fields(&typed.pat),
        };
        let cfgs = attrs.iter().filter(|attr| tokens::is_conditional(attr)).collect();
        Self { name, leaves, fields, original, cfgs }
    }

    /// Whether `word` names the argument or a part of it.
    pub(super) fn binds(&self, word: &Ident) -> bool {
        self.name.as_ref() == Some(word) || self.leaves.contains(&word)
    }

    /// The names that `attributes(…)` accepts without a key; `self` needs a field.
    pub(super) fn names(&self) -> Vec<String> {
        if self.name.as_ref().is_some_and(|name| name == "self") {
            return vec!["self".to_owned()];
        }
        self.leaves.iter().map(ToString::to_string).collect()
    }

    /// The name in messages.
    pub(super) fn label(&self) -> String {
        match &self.name {
            Some(name) => name.unraw().to_string(),
            None => self.original.to_token_stream().to_string(),
        }
    }
}

fn collect<'a>(pat: &'a Pat, leaves: &mut Vec<&'a Ident>) {
    match pat {
        Pat::Ident(pat) => {
            leaves.push(&pat.ident);
            if let Some((_, inner)) = &pat.subpat {
                collect(inner, leaves);
            }
        }
        Pat::Or(pat) => pat.cases.first().into_iter().for_each(|pat| collect(pat, leaves)),
        Pat::Paren(pat) => collect(&pat.pat, leaves),
        Pat::Reference(pat) => collect(&pat.pat, leaves),
        Pat::Slice(pat) => pat.elems.iter().for_each(|pat| collect(pat, leaves)),
        Pat::Struct(pat) => pat.fields.iter().for_each(|field| collect(&field.pat, leaves)),
        Pat::Tuple(pat) => pat.elems.iter().for_each(|pat| collect(pat, leaves)),
        Pat::TupleStruct(pat) => pat.elems.iter().for_each(|pat| collect(pat, leaves)),
        _ => {}
    }
}

/// The names in a pattern that are bound to a field, each with the field: `p` and `password` of `Login { password: p,
/// .. }`.
pub(super) fn fields(pat: &Pat) -> Vec<(&Ident, &Ident)> {
    let mut found = Vec::new();
    match pat {
        Pat::Struct(pat) => {
            for field in &pat.fields {
                found.extend(fields(&field.pat));
                if let Member::Named(member) = &field.member {
                    let mut leaves = Vec::new();
                    collect(&field.pat, &mut leaves);
                    found.extend(leaves.into_iter().map(|leaf| (leaf, member)));
                }
            }
        }
        Pat::Ident(pat) => {
            let inner = pat.subpat.iter();
            found.extend(inner.flat_map(|(_, pat)| fields(pat)));
        }
        Pat::Or(pat) => found.extend(pat.cases.iter().flat_map(fields)),
        Pat::Paren(pat) => found.extend(fields(&pat.pat)),
        Pat::Reference(pat) => found.extend(fields(&pat.pat)),
        Pat::Slice(pat) => found.extend(pat.elems.iter().flat_map(fields)),
        Pat::Tuple(pat) => found.extend(pat.elems.iter().flat_map(fields)),
        Pat::TupleStruct(pat) => found.extend(pat.elems.iter().flat_map(fields)),
        Pat::Type(pat) => found.extend(fields(&pat.pat)),
        _ => {}
    }
    found
}

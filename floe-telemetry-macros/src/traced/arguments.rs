//! The arguments of the function, under the names that its body uses.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, FnArg, Member, Pat, Signature, ext::IdentExt};

use crate::tokens;

pub(super) struct Argument<'a> {
    /// The name of the whole argument; `None` for `_` and for other patterns without such a name.
    pub(super) name: Option<Ident>,
    /// All names that the argument binds, usually one.
    pub(super) leaves: Vec<Leaf<'a>>,
    pub(super) original: &'a dyn ToTokens,
    /// The `cfg` attributes of the argument, which its uses in the expansion need as well.
    pub(super) cfgs: Vec<&'a Attribute>,
}

/// A name that a pattern binds, with the fields around it: `p` and `password` of `Login { password: p, .. }`.
pub(super) type Leaf<'a> = (&'a Ident, Vec<&'a Ident>);

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
                let name = match &*typed.pat {
                    Pat::Ident(pat) => Some(pat.ident.clone()),
                    _ => None,
                };

                (name, leaves(&typed.pat), &typed.pat, &typed.attrs)
            }
        };

        let cfgs = attrs.iter().filter(|attr| tokens::is_conditional(attr)).collect();
        Self { name, leaves, original, cfgs }
    }

    pub(super) fn binds(&self, word: &Ident) -> bool {
        self.name.as_ref() == Some(word) || self.leaves.iter().any(|leaf| leaf.0 == word)
    }

    /// Returns the names that `attributes(…)` accepts without a key, of which `self` needs a field.
    pub(super) fn names(&self) -> Vec<String> {
        if self.name.as_ref().is_some_and(|name| name == "self") {
            return vec!["self".to_owned()];
        }

        self.leaves.iter().map(|leaf| leaf.0.to_string()).collect()
    }

    pub(super) fn label(&self) -> String {
        match &self.name {
            Some(name) => name.unraw().to_string(),
            None => self.original.to_token_stream().to_string(),
        }
    }
}

pub(super) fn leaves(pat: &Pat) -> Vec<Leaf<'_>> {
    match pat {
        Pat::Ident(pat) => {
            let inner = pat.subpat.iter().flat_map(|(_, pat)| leaves(pat));
            [(&pat.ident, Vec::new())].into_iter().chain(inner).collect()
        }
        Pat::Or(pat) => {
            let mut cases = pat.cases.iter().map(leaves);
            let mut found = cases.next().unwrap_or_default();
            // Each alternative binds the same names, possibly to other fields.
            for (word, fields) in cases.flatten() {
                if let Some(leaf) = found.iter_mut().find(|leaf| leaf.0 == word) {
                    leaf.1.extend(fields);
                }
            }
            found
        }
        Pat::Paren(pat) => leaves(&pat.pat),
        Pat::Reference(pat) => leaves(&pat.pat),
        Pat::Slice(pat) => pat.elems.iter().flat_map(leaves).collect(),
        Pat::Struct(pat) => {
            let fields = pat.fields.iter().flat_map(|field| {
                let mut found = leaves(&field.pat);
                if let Member::Named(member) = &field.member {
                    for leaf in &mut found {
                        leaf.1.push(member);
                    }
                }
                found
            });

            fields.collect()
        }
        Pat::Tuple(pat) => pat.elems.iter().flat_map(leaves).collect(),
        Pat::TupleStruct(pat) => pat.elems.iter().flat_map(leaves).collect(),
        Pat::Type(pat) => leaves(&pat.pat),
        _ => Vec::new(),
    }
}

//! A field that is recorded.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Index, LitStr, Member, ext::IdentExt, spanned::Spanned};

use crate::{
    attributes::{
        attr::{self, Key, Role, Text},
        docs::Docs,
    },
    ctxt::Ctxt,
    secret,
};

/// A field, and what becomes of it.
pub(in crate::attributes) struct Field<'a> {
    pub(in crate::attributes) original: &'a syn::Field,
    pub(in crate::attributes) member: Member,
    pub(in crate::attributes) record: Record,
    pub(in crate::attributes) docs: Docs,
    pub(in crate::attributes) examples: Vec<String>,
    /// The constant that holds the key.
    pub(in crate::attributes) constant: Option<Ident>,
    /// The word that says which keys: `key` or `flatten`.
    pub(in crate::attributes) written: Option<Ident>,
}

pub(in crate::attributes) enum Record {
    /// Its attributes, under their keys or under these with a prefix.
    Nested(Option<LitStr>),
    /// One attribute: the value, or text that is made of it. A value that is no attribute itself,
    /// as that of a newtype, has no key.
    Value(Option<Key>, Option<Text>),
}

impl<'a> Field<'a> {
    /// Nothing if the field is skipped. The key is the one that is written, if one is.
    pub(super) fn new(cx: &Ctxt, original: &'a syn::Field, index: usize) -> Option<Self> {
        let attr = attr::Field::from_attrs(cx, &original.attrs);
        let (written, record) = match attr.role {
            Role::Skip => return None,
            Role::Flatten(word, prefix) => (Some(word), Record::Nested(prefix)),
            Role::Attribute(key, text) => {
                let (word, key) = key.unzip();
                (word, Record::Value(key, text))
            }
        };
        let constant = match (&original.ident, &record) {
            (Some(ident), Record::Value(..)) => super::constant(ident),
            _ => None,
        };
        let field = Self {
            original,
            member: member(original, index),
            record,
            docs: Docs::from_attrs(&original.attrs),
            examples: attr.examples,
            constant,
            written,
        };
        field.check_secret(cx);
        Some(field)
    }

    /// The name is the key, after the prefix, unless a key is written.
    pub(super) fn or_key_from_name(mut self, prefix: Option<&(Ident, LitStr)>) -> Self {
        if let (Record::Value(key @ None, _), Some(ident)) =
            (&mut self.record, &self.original.ident)
        {
            let name = ident.unraw();
            let text = match prefix {
                Some((_, prefix)) => format!("{}.{name}", prefix.value()),
                None => name.to_string(),
            };
            *key = Some(Key::Text(LitStr::new(&text, ident.span())));
        }
        self
    }

    pub(in crate::attributes) fn key(&self) -> Option<&Key> {
        match &self.record {
            Record::Nested(_) => None,
            Record::Value(key, _) => key.as_ref(),
        }
    }

    /// Whether it has neither a key nor attributes of its own.
    pub(super) fn is_without_key(&self) -> bool {
        matches!(self.record, Record::Value(None, _))
    }

    pub(super) fn is_redacted(&self) -> bool {
        matches!(self.record, Record::Value(_, Some(Text::Redact)))
    }

    pub(super) fn is_named_secret(&self) -> bool {
        let ident = self.original.ident.as_ref();
        ident.is_some_and(|ident| secret::is_named_by(&ident.unraw().to_string()))
    }

    /// A key that is written says that the name is not to be taken at its word.
    fn check_secret(&self, cx: &Ctxt) {
        if self.written.is_none() && !self.is_redacted() && self.is_named_secret() {
            let ident = &self.original.ident;
            let message = format!(
                "`{}` sounds like a credential, which no span may carry: show only that it is \
                 there with `#[floe(redact)]`, leave it out with `#[floe(skip)]`, or if it is none, \
                 give it a key: `#[floe(key = \"…\")]`",
                ident.to_token_stream(),
            );
            cx.error(ident, message);
        }
    }
}

fn member(field: &syn::Field, index: usize) -> Member {
    match &field.ident {
        Some(ident) => Member::Named(ident.clone()),
        None => Member::Unnamed(Index {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            span: field.ty.span(),
        }),
    }
}

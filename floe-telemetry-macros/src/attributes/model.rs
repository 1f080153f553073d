//! `DeriveInput` into [`Model`]: everything that can be wrong is found here.

use std::collections::HashSet;

use proc_macro2::Ident;
use quote::format_ident;
use syn::{Data, DeriveInput, Fields, FieldsNamed, LitStr, ext::IdentExt};

use super::attr::{self, Container, Key};
use crate::{ctxt::Ctxt, krate::Krate, secret};

/// A struct, and its fields that are attributes.
pub(super) struct Model<'a> {
    pub(super) krate: &'a Krate,
    pub(super) original: &'a DeriveInput,
    pub(super) fields: Vec<Field<'a>>,
}

/// A field that becomes an attribute.
pub(super) struct Field<'a> {
    pub(super) original: &'a syn::Field,
    pub(super) ident: &'a Ident,
    pub(super) key: Key,
    /// The constant that holds the key; `KEYS` is taken by the list of all.
    pub(super) constant: Option<Ident>,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        cx: &Ctxt,
        original: &'a DeriveInput,
        container: &Container,
        krate: &'a Krate,
    ) -> Self {
        let fields: Vec<_> = named(cx, original)
            .into_iter()
            .flat_map(|fields| &fields.named)
            .filter_map(|field| Field::new(cx, field, container.prefix.as_ref()))
            .collect();
        check_duplicates(cx, &fields);
        Self {
            krate,
            original,
            fields,
        }
    }
}

impl<'a> Field<'a> {
    fn new(cx: &Ctxt, original: &'a syn::Field, prefix: Option<&LitStr>) -> Option<Self> {
        let attr = attr::Field::from_attrs(cx, &original.attrs);
        let ident = original.ident.as_ref().filter(|_| !attr.skip)?;
        let name = ident.unraw().to_string();
        if attr.key.is_none() && secret::is_named_by(&name) {
            let message = format!(
                "`{name}` sounds like a credential, which no span may carry: leave the field out \
                 with `#[floe(skip)]`, or if it is none, give it a key: `#[floe(key = \"…\")]`"
            );
            cx.error(ident, message);
        }
        let key = attr.key.unwrap_or_else(|| {
            let text = match prefix {
                Some(prefix) => format!("{}.{name}", prefix.value()),
                None => name.clone(),
            };
            Key::Text(LitStr::new(&text, ident.span()))
        });
        let constant = format_ident!("{}", name.to_uppercase(), span = ident.span());
        Some(Self {
            original,
            ident,
            key,
            constant: Some(constant).filter(|it| it != "KEYS"),
        })
    }
}

/// The fields, or what to say where there are none with names.
fn named<'a>(cx: &Ctxt, input: &'a DeriveInput) -> Option<&'a FieldsNamed> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unnamed(fields) => cx.error(
                fields,
                "`FloeAttributes` does not support tuple structs yet: the name of a field becomes \
                 its key, so give the fields names",
            ),
            Fields::Unit => cx.error(
                &input.ident,
                "`FloeAttributes` is for structs with named fields, and this struct has no fields",
            ),
        },
        Data::Enum(data) => cx.error(
            data.enum_token,
            "`FloeAttributes` does not support enums yet, only structs with named fields",
        ),
        Data::Union(data) => cx.error(
            data.union_token,
            "`FloeAttributes` is for structs with named fields: which field of a union is valid is \
             not known",
        ),
    }
    None
}

/// A constant's value is not known here, so only written keys can be compared.
fn check_duplicates(cx: &Ctxt, fields: &[Field<'_>]) {
    let mut seen = HashSet::new();
    for field in fields {
        if let Key::Text(key) = &field.key
            && !seen.insert(key.value())
        {
            cx.error(key, format_args!("key `{}` is given twice", key.value()));
        }
    }
}

//! `DeriveInput` into [`Model`]: everything that can be wrong is found here.

mod field;
mod variant;

use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Data, DataEnum, DeriveInput, Fields, ext::IdentExt};

pub(super) use self::{
    field::{Field, Record},
    variant::{Variant, Word},
};
use super::{
    attr::{Container, Key},
    case::Case,
    docs::Docs,
};
use crate::{ctxt::Ctxt, krate::Krate, secret};

/// The type, and what becomes of it.
pub(super) struct Model<'a> {
    pub(super) krate: &'a Krate,
    pub(super) original: &'a DeriveInput,
    pub(super) docs: Docs,
    /// What the registry calls the type.
    pub(super) id: String,
    pub(super) shape: Shape<'a>,
}

pub(super) enum Shape<'a> {
    /// A struct: attributes.
    Struct(Vec<Field<'a>>),
    /// An enum with data: the attributes of the variant that is there.
    Enum(Vec<Variant<'a>>),
    /// An enum without data: the value of an attribute.
    Words(Vec<Word<'a>>),
    /// A newtype: whatever value its field is.
    Transparent(Field<'a>),
    /// Neither, by mistake.
    Neither,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        cx: &Ctxt,
        original: &'a DeriveInput,
        container: &Container,
        krate: &'a Krate,
    ) -> Self {
        let prefix = container.prefix.as_ref().map(|(_, prefix)| prefix.value());
        let name = original.ident.unraw().to_string();
        let mut shape = match &original.data {
            Data::Struct(data) if container.transparent.is_some() => {
                transparent(cx, original, container, &data.fields)
            }
            Data::Struct(data) => structure(cx, original, container, &data.fields),
            Data::Enum(data) => enumeration(cx, original, container, data),
            Data::Union(data) => {
                cx.error(
                    data.union_token,
                    "`FloeAttributes` is for structs and enums: which field of a union is valid is \
                     not known",
                );
                Shape::Neither
            }
        };
        shape.forget_ambiguous_constants();
        Self {
            krate,
            original,
            docs: Docs::from_attrs(&original.attrs),
            id: prefix.unwrap_or_else(|| Case::Snake.apply(&name)),
            shape,
        }
    }
}

impl<'a> Shape<'a> {
    /// The fields that are recorded, of all variants.
    pub(super) fn fields(&self) -> Vec<&Field<'a>> {
        match self {
            Self::Struct(fields) => fields.iter().collect(),
            Self::Enum(variants) => variants.iter().flat_map(|variant| &variant.fields).collect(),
            Self::Transparent(field) => vec![field],
            Self::Words(_) | Self::Neither => Vec::new(),
        }
    }

    fn fields_mut(&mut self) -> Vec<&mut Field<'a>> {
        match self {
            Self::Struct(fields) => fields.iter_mut().collect(),
            Self::Enum(variants) => {
                let fields = variants.iter_mut().flat_map(|variant| &mut variant.fields);
                fields.collect()
            }
            Self::Transparent(_) | Self::Words(_) | Self::Neither => Vec::new(),
        }
    }

    /// A name that stands for two keys, as it can in two variants, is no constant.
    fn forget_ambiguous_constants(&mut self) {
        let mut keys = HashMap::new();
        let mut ambiguous = HashSet::new();
        for field in self.fields() {
            if let (Some(constant), Some(key)) = (&field.constant, field.key()) {
                let key = key.to_token_stream().to_string();
                if keys.entry(constant.clone()).or_insert_with(|| key.clone()) != &key {
                    ambiguous.insert(constant.clone());
                }
            }
        }
        for field in self.fields_mut() {
            field.constant = field.constant.take().filter(|constant| !ambiguous.contains(constant));
        }
    }
}

fn structure<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Container,
    fields: &'a Fields,
) -> Shape<'a> {
    refuse_rename_all(cx, container);
    if matches!(fields, Fields::Unit) {
        cx.error(&original.ident, "this struct has no fields, so it has no attributes");
        return Shape::Neither;
    }
    let unnamed = match fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            "a field without a name has no key: make the type the value itself with \
             `#[floe(transparent)]` above it, or write `#[floe(key = \"…\")]`"
        }
        _ => NEEDS_KEY,
    };
    let fields: Vec<_> = fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| {
            let field = Field::new(cx, field, index)?.or_key_from_name(container.prefix.as_ref());
            if field.is_without_key() {
                cx.error(&field.original.ty, unnamed);
            }
            Some(field)
        })
        .collect();
    check_duplicates(cx, &fields);
    Shape::Struct(fields)
}

const NEEDS_KEY: &str = "a field without a name has no key: write `#[floe(key = \"…\")]`, \
    `#[floe(flatten)]` or `#[floe(skip)]`";

fn transparent<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Container,
    fields: &'a Fields,
) -> Shape<'a> {
    refuse_rename_all(cx, container);
    let word = container.transparent.as_ref();
    if let Some((prefix, _)) = &container.prefix {
        cx.error(prefix, "`prefix` does not go with `transparent`: a value has no key");
    }
    let mut recorded: Vec<_> = fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| Field::new(cx, field, index))
        .collect();
    let (Some(field), true) = (recorded.pop(), recorded.is_empty()) else {
        cx.error(word, "`transparent` is for one field; the others need `#[floe(skip)]`");
        return Shape::Neither;
    };
    if let Some(word) = &field.written {
        cx.error(word, format_args!("`{word}` does not go with `transparent`: a value has no key"));
    }
    let name = Case::Snake.apply(&original.ident.unraw().to_string());
    if !field.is_redacted() && !field.is_named_secret() && secret::is_named_by(&name) {
        let message = format!(
            "`{}` sounds like a credential, which no span may carry: show only that it is there \
             with `#[floe(redact)]` on the field, or if it is none, implement `ToAttributeValue` by \
             hand",
            original.ident,
        );
        cx.error(&original.ident, message);
    }
    Shape::Transparent(field)
}

fn enumeration<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Container,
    data: &'a DataEnum,
) -> Shape<'a> {
    if let Some(word) = &container.transparent {
        cx.error(word, "`transparent` is for structs with one field");
    }
    if data.variants.is_empty() {
        cx.error(&original.ident, "this enum has no variants, so it has no attributes");
        return Shape::Neither;
    }
    let without_data = |variant: &syn::Variant| matches!(variant.fields, Fields::Unit);
    if data.variants.iter().all(without_data) {
        if let Some((prefix, _)) = &container.prefix {
            cx.error(prefix, "an enum without data is the value of an attribute, and has no key");
        }
        return Shape::Words(variant::words(cx, container, data));
    }
    refuse_rename_all(cx, container);
    Shape::Enum(
        data.variants
            .iter()
            .map(|variant| Variant::new(cx, variant, container.prefix.as_ref()))
            .collect(),
    )
}

fn refuse_rename_all(cx: &Ctxt, container: &Container) {
    if let Some((word, _)) = &container.rename_all {
        cx.error(word, "`rename_all` is for enums without data, whose variants are values");
    }
}

/// A constant's value is not known here, so only written keys can be compared. The others are when
/// the schema is put together.
fn check_duplicates(cx: &Ctxt, fields: &[Field<'_>]) {
    let mut seen = HashSet::new();
    for field in fields {
        if let Some(Key::Text(key)) = field.key()
            && !seen.insert(key.value())
        {
            cx.error(key, format_args!("key `{}` is given twice", key.value()));
        }
    }
}

/// The constant for a field of this name, unless the trait has one that is called so.
fn constant(field: &Ident) -> Option<Ident> {
    let name = field.unraw().to_string().to_uppercase();
    let taken = ["KEYS", "SCHEMA", "GROUP"].contains(&name.as_str());
    (!taken).then(|| Ident::new(&name, field.span()))
}

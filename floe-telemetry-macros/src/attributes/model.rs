//! `DeriveInput` into [`Model`]: everything that can be wrong is found here.

mod field;
mod shape;
mod variant;

use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Data, DeriveInput, ext::IdentExt};

pub(super) use self::{
    field::{Field, Record},
    variant::{Variant, Word},
};
use super::{
    attr::{Container, Key},
    case::Case,
    docs::Docs,
};
use crate::{ctxt::Ctxt, krate::Krate, tokens};

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
    Transparent(Box<Field<'a>>),
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
        refuse_packed(cx, original);
        let prefix = container.prefix.as_ref().map(|(_, prefix)| prefix.value());
        let name = original.ident.unraw().to_string();
        let mut shape = match &original.data {
            Data::Struct(data) if container.transparent.is_some() => {
                shape::transparent(cx, original, container, &data.fields)
            }
            Data::Struct(data) => shape::structure(cx, original, container, &data.fields),
            Data::Enum(data) => shape::enumeration(cx, original, container, data),
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
            Self::Enum(variants) => variants
                .iter()
                .flat_map(|variant| &variant.fields)
                .collect(),
            Self::Transparent(field) => vec![&**field],
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

    /// A name that stands for two keys, as it can in two variants, or for a variant, is no constant.
    fn forget_ambiguous_constants(&mut self) {
        let mut keys = HashMap::new();
        let mut ambiguous: HashSet<Ident> = match self {
            Self::Enum(variants) => variants
                .iter()
                .map(|variant| variant.ident.clone())
                .collect(),
            _ => HashSet::new(),
        };
        for field in self.fields() {
            if let (Some(constant), Some(key)) = (&field.constant, field.key()) {
                let key = key.to_token_stream().to_string();
                if keys.entry(constant.clone()).or_insert_with(|| key.clone()) != &key {
                    ambiguous.insert(constant.clone());
                }
            }
        }
        for field in self.fields_mut() {
            field.constant = field
                .constant
                .take()
                .filter(|constant| !ambiguous.contains(constant));
        }
    }
}

/// Each field is borrowed, and a reference to one in there may be to no valid place.
fn refuse_packed(cx: &Ctxt, original: &DeriveInput) {
    let reprs = original
        .attrs
        .iter()
        .filter(|it| it.path().is_ident("repr"));
    for repr in reprs {
        if tokens::any_ident(&repr.meta, |word| word == "packed") {
            cx.error(
                &repr.meta,
                "`FloeAttributes` borrows the fields, which those of a packed type do not allow: \
                 derive it on a type without `packed`, or implement it by hand",
            );
        }
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

//! Variants: with data, and without.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::{DataEnum, Fields, LitStr, ext::IdentExt};

use super::{Field, Record, check_duplicates, shape::NEEDS_KEY};
use crate::{
    attributes::{
        attr::{self, Container},
        case::Case,
        docs::Docs,
    },
    ctxt::Ctxt,
};

/// A variant of an enum with data.
pub(in crate::attributes) struct Variant<'a> {
    pub(in crate::attributes) ident: &'a Ident,
    pub(in crate::attributes) fields: Vec<Field<'a>>,
}

/// A variant of an enum without data.
pub(in crate::attributes) struct Word<'a> {
    pub(in crate::attributes) ident: &'a Ident,
    /// What the registry calls it.
    pub(in crate::attributes) id: String,
    pub(in crate::attributes) value: LitStr,
    pub(in crate::attributes) docs: Docs,
}

impl<'a> Variant<'a> {
    pub(super) fn new(
        cx: &Ctxt,
        variant: &'a syn::Variant,
        prefix: Option<&(Ident, LitStr)>,
    ) -> Self {
        if let Some((word, _)) = attr::Variant::from_attrs(cx, &variant.attrs).rename {
            cx.error(
                word,
                "`rename` is for enums without data, whose variants are values",
            );
        }
        let is_newtype =
            matches!(&variant.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
        let fields: Vec<_> = variant
            .fields
            .iter()
            .enumerate()
            .filter_map(|(index, field)| {
                let mut field = Field::new(cx, field, index)?.or_key_from_name(prefix);
                if is_newtype && matches!(field.record, Record::Value(None, None)) {
                    // As serde reads `Failed(Failure)`: the variant has what the type in it has.
                    field.record = Record::Nested(None);
                } else if field.is_without_key() {
                    cx.error(&field.original.ty, NEEDS_KEY);
                }
                Some(field)
            })
            .collect();
        check_duplicates(cx, &fields);
        Self {
            ident: &variant.ident,
            fields,
        }
    }
}

/// The texts of all variants, which have to differ.
pub(super) fn words<'a>(cx: &Ctxt, container: &Container, data: &'a DataEnum) -> Vec<Word<'a>> {
    let case = container
        .rename_all
        .as_ref()
        .and_then(|(_, case)| *case)
        .unwrap_or(Case::Pascal);
    let mut seen = HashSet::new();
    let word = |variant: &'a syn::Variant| {
        let name = variant.ident.unraw().to_string();
        let value = match attr::Variant::from_attrs(cx, &variant.attrs).rename {
            Some((_, text)) => text,
            None => LitStr::new(&case.apply(&name), variant.ident.span()),
        };
        if !seen.insert(value.value()) {
            cx.error(
                &value,
                format_args!("value `{}` is given twice", value.value()),
            );
        }
        Word {
            ident: &variant.ident,
            id: Case::Snake.apply(&name),
            value,
            docs: Docs::from_attrs(&variant.attrs),
        }
    };
    data.variants.iter().map(word).collect()
}

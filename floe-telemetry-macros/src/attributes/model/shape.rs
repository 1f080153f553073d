//! Which [`Shape`] a type has.

use syn::{DataEnum, DeriveInput, Fields, ext::IdentExt};

use super::{Field, Shape, Variant, check_duplicates, variant};
use crate::{
    attributes::{attr::Container, case::Case},
    ctxt::Ctxt,
    secret,
};

pub(super) fn structure<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Container,
    fields: &'a Fields,
) -> Shape<'a> {
    refuse_rename_all(cx, container);
    if matches!(fields, Fields::Unit) {
        cx.error(
            &original.ident,
            "this struct has no fields, so it has no attributes",
        );
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

pub(super) const NEEDS_KEY: &str = "a field without a name has no key: write `#[floe(key = \"…\")]`, \
    `#[floe(flatten)]` or `#[floe(skip)]`";

pub(super) fn transparent<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Container,
    fields: &'a Fields,
) -> Shape<'a> {
    refuse_rename_all(cx, container);
    let word = container.transparent.as_ref();
    if let Some((prefix, _)) = &container.prefix {
        cx.error(
            prefix,
            "`prefix` does not go with `transparent`: a value has no key",
        );
    }
    let mut recorded: Vec<_> = fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| Field::new(cx, field, index))
        .collect();
    let (Some(field), true) = (recorded.pop(), recorded.is_empty()) else {
        cx.error(
            word,
            "`transparent` is for one field; the others need `#[floe(skip)]`",
        );
        return Shape::Neither;
    };
    if let Some(word) = &field.written {
        cx.error(
            word,
            format_args!("`{word}` does not go with `transparent`: a value has no key"),
        );
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
    Shape::Transparent(Box::new(field))
}

pub(super) fn enumeration<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Container,
    data: &'a DataEnum,
) -> Shape<'a> {
    if let Some(word) = &container.transparent {
        cx.error(word, "`transparent` is for structs with one field");
    }
    if data.variants.is_empty() {
        cx.error(
            &original.ident,
            "this enum has no variants, so it has no attributes",
        );
        return Shape::Neither;
    }
    let without_data = |variant: &syn::Variant| matches!(variant.fields, Fields::Unit);
    if data.variants.iter().all(without_data) {
        if let Some((prefix, _)) = &container.prefix {
            cx.error(
                prefix,
                "an enum without data is the value of an attribute, and has no key",
            );
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
        cx.error(
            word,
            "`rename_all` is for enums without data, whose variants are values",
        );
    }
}

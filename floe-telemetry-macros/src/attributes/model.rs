//! Converts a `DeriveInput` to the [`Model`], and performs all checks.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{
    Data, DataEnum, DeriveInput, Fields, Index, LitStr, Member, ext::IdentExt, spanned::Spanned,
};

use super::{
    attr::{self, Text},
    case::Case,
};
use crate::{
    ctxt::Ctxt, given::Given, krate::Krate, record::Key, secret, symbol, words::check_twice,
};

pub(super) struct Model<'a> {
    pub(super) krate: &'a Krate,
    pub(super) original: &'a DeriveInput,
    pub(super) shape: Shape<'a>,
}

pub(super) enum Shape<'a> {
    /// A struct: attributes.
    Struct(Vec<Field<'a>>),
    /// An enum without data: the value of an attribute.
    Words(Vec<Word<'a>>),
    /// A newtype: the value of its field.
    Transparent(Box<Field<'a>>),
    /// No valid type, after a mistake.
    Neither,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        cx: &Ctxt,
        original: &'a DeriveInput,
        container: &Given,
        krate: &'a Krate,
    ) -> Self {
        let shape = match &original.data {
            Data::Struct(data) if container.has(symbol::TRANSPARENT) => {
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
        Self { krate, original, shape }
    }
}

impl<'a> Shape<'a> {
    pub(super) fn fields(&self) -> &[Field<'a>] {
        match self {
            Self::Struct(fields) => fields,
            Self::Transparent(field) => std::slice::from_ref(field),
            Self::Words(_) | Self::Neither => &[],
        }
    }
}

pub(super) struct Field<'a> {
    pub(super) original: &'a syn::Field,
    pub(super) member: Member,
    pub(super) record: Record,
    pub(super) constant: Option<Ident>,
    /// The keyword that determines the keys: `key` or `flatten`.
    pub(super) written: Option<Ident>,
}

pub(super) enum Record {
    /// The attributes of the field's type, under their keys.
    Nested,
    /// One attribute: the value, or its text. The field of a newtype has no key.
    Value(Option<Key>, Option<Text>),
}

impl<'a> Field<'a> {
    /// Creates a field; `None` if it is skipped.
    fn new(cx: &Ctxt, original: &'a syn::Field, index: usize) -> Option<Self> {
        let given = attr::of_field(cx, &original.attrs);
        if given.has(symbol::SKIP) {
            return None;
        }
        let flatten = given.keyword(symbol::FLATTEN);
        let record = match flatten {
            Some(_) => Record::Nested,
            None => Record::Value(given.key().cloned(), Text::of(&given)),
        };
        let written = flatten.or_else(|| given.keyword(symbol::KEY)).cloned();
        let constant = match (&original.ident, &record) {
            (Some(ident), Record::Value(..)) => constant(ident),
            _ => None,
        };
        let field = Self { original, member: member(original, index), record, constant, written };
        field.check_secret(cx);
        Some(field)
    }

    fn or_key_from_name(mut self, prefix: Option<&LitStr>) -> Self {
        if let (Record::Value(key @ None, _), Some(ident)) =
            (&mut self.record, &self.original.ident)
        {
            let name = ident.unraw();
            let text = match prefix {
                Some(prefix) => format!("{}.{name}", prefix.value()),
                None => name.to_string(),
            };
            *key = Some(Key::Text(LitStr::new(&text, ident.span())));
        }
        self
    }

    pub(super) fn key(&self) -> Option<&Key> {
        match &self.record {
            Record::Nested => None,
            Record::Value(key, _) => key.as_ref(),
        }
    }

    fn is_without_key(&self) -> bool {
        matches!(self.record, Record::Value(None, _))
    }

    fn is_redacted(&self) -> bool {
        matches!(self.record, Record::Value(_, Some(Text::Redact)))
    }

    fn is_named_secret(&self) -> bool {
        let ident = self.original.ident.as_ref();
        ident.is_some_and(|ident| secret::is_named_by(&ident.unraw().to_string()))
    }

    /// Reports a field with the name of a credential, unless the user chose a key for it.
    fn check_secret(&self, cx: &Ctxt) {
        if self.written.is_none() && !self.is_redacted() && self.is_named_secret() {
            let ident = &self.original.ident;
            let message = format!(
                "`{}` sounds like a credential, which no span may carry: show only that it is \
                 there with `#[floe(redact)]`, leave it out with `#[floe(skip)]`, or, if it is not one, \
                 give it another name: `#[floe(key = \"…\")]`",
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

pub(super) struct Word<'a> {
    pub(super) ident: &'a Ident,
    pub(super) value: LitStr,
}

fn words<'a>(cx: &Ctxt, container: &Given, data: &'a DataEnum) -> Vec<Word<'a>> {
    let case = container.text(symbol::RENAME_ALL).and_then(|text| Case::parse(cx, text));
    let case = case.unwrap_or(Case::Pascal);
    let word = |variant: &'a syn::Variant| {
        let name = variant.ident.unraw().to_string();
        let given = attr::parse(cx, &variant.attrs, symbol::VARIANT);
        let value = match given.text(symbol::RENAME) {
            Some(text) => text.clone(),
            None => LitStr::new(&case.apply(&name), variant.ident.span()),
        };
        Word { ident: &variant.ident, value }
    };
    let words: Vec<_> = data.variants.iter().map(word).collect();
    check_twice(cx, "value", words.iter().map(|word| &word.value));
    words
}

fn structure<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Given,
    fields: &'a Fields,
) -> Shape<'a> {
    refuse_rename_all(cx, container);
    if matches!(fields, Fields::Unit) {
        cx.error(&original.ident, "this struct has no fields, so it has no attributes");
        return Shape::Neither;
    }
    let fields: Vec<_> = fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| {
            let field =
                Field::new(cx, field, index)?.or_key_from_name(container.text(symbol::PREFIX));
            if field.is_without_key() {
                cx.error(&field.original.ty, NEEDS_KEY);
            }
            Some(field)
        })
        .collect();
    check_duplicates(cx, &fields);
    Shape::Struct(fields)
}

const NEEDS_KEY: &str = "a field without a name has no key: write `#[floe(key = \"…\")]`, \
    `#[floe(flatten)]` or `#[floe(skip)]`, or make the type the value itself with `#[floe(transparent)]` above it";

fn transparent<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Given,
    fields: &'a Fields,
) -> Shape<'a> {
    refuse_rename_all(cx, container);
    let word = container.keyword(symbol::TRANSPARENT);
    let refuse = |word: &Ident| {
        cx.error(word, format_args!("`{word}` does not go with `transparent`: a value has no key"));
    };
    container.keyword(symbol::PREFIX).into_iter().for_each(refuse);
    let mut recorded: Vec<_> = fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| Field::new(cx, field, index))
        .collect();
    let (Some(field), true) = (recorded.pop(), recorded.is_empty()) else {
        cx.error(word, "`transparent` is for one field; the others need `#[floe(skip)]`");
        return Shape::Neither;
    };
    field.written.iter().for_each(refuse);
    let name = Case::Snake.apply(&original.ident.unraw().to_string());
    if !field.is_redacted() && !field.is_named_secret() && secret::is_named_by(&name) {
        let message = format!(
            "`{}` sounds like a credential, which no span may carry: show only that it is there \
             with `#[floe(redact)]` on the field, or, if it is not one, implement `ToAttributeValue` by \
             hand",
            original.ident,
        );
        cx.error(&original.ident, message);
    }
    Shape::Transparent(Box::new(field))
}

fn enumeration<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Given,
    data: &'a DataEnum,
) -> Shape<'a> {
    if let Some(word) = container.keyword(symbol::TRANSPARENT) {
        cx.error(word, "`transparent` is for structs with one field");
    }
    if data.variants.is_empty() {
        cx.error(&original.ident, "this enum has no variants, so it has no attributes");
        return Shape::Neither;
    }
    let without_data = |variant: &syn::Variant| matches!(variant.fields, Fields::Unit);
    if !data.variants.iter().all(without_data) {
        cx.error(
            &original.ident,
            "an enum with data has no attributes: use a struct, whose fields may be an `Option`, or an enum without data",
        );
        return Shape::Neither;
    }
    if let Some(word) = container.keyword(symbol::PREFIX) {
        cx.error(word, "an enum without data is the value of an attribute, and has no key");
    }
    Shape::Words(words(cx, container, data))
}

fn refuse_rename_all(cx: &Ctxt, container: &Given) {
    if let Some(word) = container.keyword(symbol::RENAME_ALL) {
        cx.error(word, "`rename_all` is for enums without data, whose variants are values");
    }
}

/// Compares literal keys. The values of constants are unknown here; they are compared when `KEYS` is evaluated.
fn check_duplicates(cx: &Ctxt, fields: &[Field<'_>]) {
    let keys = fields.iter().filter_map(|field| match field.key() {
        Some(Key::Text(key)) => Some(key),
        _ => None,
    });
    check_twice(cx, "key", keys);
}

/// The name of the constant for a field, unless it is the name of a constant of the trait.
fn constant(field: &Ident) -> Option<Ident> {
    let name = field.unraw().to_string().to_uppercase();
    (name != "KEYS").then(|| Ident::new(&name, field.span()))
}

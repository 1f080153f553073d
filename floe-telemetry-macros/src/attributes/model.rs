//! Converts a `DeriveInput` to the [`Model`], and performs all checks.

use proc_macro2::Ident;
use syn::{
    Data, DataEnum, DeriveInput, Fields, Index, LitStr, Member, ext::IdentExt, spanned::Spanned,
};

use super::{
    attr::{self, Text},
    case,
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
    /// A struct, whose fields are attributes.
    Struct(Vec<Field<'a>>),
    /// An enum without data, which is the value of an attribute.
    Words(Vec<Word<'a>>),
    /// An unsupported type, which has caused an error.
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
            Self::Words(_) | Self::Neither => &[],
        }
    }
}

pub(super) struct Field<'a> {
    pub(super) original: &'a syn::Field,
    pub(super) member: Member,
    pub(super) record: Record,
    pub(super) constant: Option<Ident>,
    /// The keyword `key` or `flatten`, if the field has one.
    pub(super) written: Option<Ident>,
}

pub(super) enum Record {
    /// The attributes of the field's type, under their own keys.
    Nested,
    /// One attribute with its key: the typed value, or its text.
    Value(Key, Option<Text>),
}

impl<'a> Field<'a> {
    /// Creates a field. Returns `None` for a skipped field, and after an error about a missing key.
    fn new(
        cx: &Ctxt,
        original: &'a syn::Field,
        index: usize,
        prefix: Option<&LitStr>,
    ) -> Option<Self> {
        let given = attr::of_field(cx, &original.attrs);
        if given.has(symbol::SKIP) {
            return None;
        }

        let flatten = given.keyword(symbol::FLATTEN);
        let record = if flatten.is_some() {
            Record::Nested
        } else {
            let key = given.key().cloned().or_else(|| key_of_name(original, prefix));
            if key.is_none() {
                cx.error(&original.ty, NEEDS_KEY);
            }

            Record::Value(key?, Text::of(&given))
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

    pub(super) fn key(&self) -> Option<&Key> {
        match &self.record {
            Record::Nested => None,
            Record::Value(key, _) => Some(key),
        }
    }

    /// Reports a field with the name of a credential, unless it is redacted or flattened, or the user chose its key.
    fn check_secret(&self, cx: &Ctxt) {
        let is_redacted = matches!(self.record, Record::Value(_, Some(Text::Redact)));
        if self.written.is_none()
            && !is_redacted
            && let Some(ident) = &self.original.ident
            && secret::is_named_by(&ident.unraw().to_string())
        {
            let message = format!(
                "`{ident}` sounds like a credential, which no span may carry: show only that it is \
                 there with `#[floe(redact)]`, leave it out with `#[floe(skip)]`, or, if it is not one, \
                 give it another name: `#[floe(key = \"…\")]`"
            );

            cx.error(ident, message);
        }
    }
}

fn key_of_name(field: &syn::Field, prefix: Option<&LitStr>) -> Option<Key> {
    let ident = field.ident.as_ref()?;
    let name = ident.unraw();
    let text = match prefix {
        Some(prefix) => format!("{}.{name}", prefix.value()),
        None => name.to_string(),
    };

    Some(Key::Text(LitStr::new(&text, ident.span())))
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
    let given = container.text(symbol::RENAME_ALL).and_then(|text| case::parse(cx, text));
    let case = given.unwrap_or(str::to_owned);

    let word = |variant: &'a syn::Variant| {
        let name = variant.ident.unraw().to_string();
        let given = attr::parse(cx, &variant.attrs, symbol::VARIANT);
        let value = match given.text(symbol::RENAME) {
            Some(text) => text.clone(),
            None => LitStr::new(&case(&name), variant.ident.span()),
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
    let message = "`rename_all` is for enums without data, whose variants are values";
    container.refuse(cx, symbol::RENAME_ALL, message);
    if matches!(fields, Fields::Unit) {
        cx.error(&original.ident, "this struct has no fields, so it has no attributes");
        return Shape::Neither;
    }

    let prefix = container.text(symbol::PREFIX);
    let field = |(index, field)| Field::new(cx, field, index, prefix);
    let fields: Vec<_> = fields.iter().enumerate().filter_map(field).collect();

    check_duplicates(cx, &fields);
    Shape::Struct(fields)
}

const NEEDS_KEY: &str = "a field without a name has no key: write `#[floe(key = \"…\")]`, \
    `#[floe(flatten)]` or `#[floe(skip)]`, or implement `ToAttributeValue` for the type";

fn enumeration<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    container: &Given,
    data: &'a DataEnum,
) -> Shape<'a> {
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

    let message = "an enum without data is the value of an attribute, and has no key";
    container.refuse(cx, symbol::PREFIX, message);
    Shape::Words(words(cx, container, data))
}

/// Compares literal keys. The values of constants are unknown here; they are compared when `KEYS` is evaluated.
fn check_duplicates(cx: &Ctxt, fields: &[Field<'_>]) {
    let keys = fields.iter().filter_map(|field| match field.key() {
        Some(Key::Text(key)) => Some(key),
        _ => None,
    });

    check_twice(cx, "key", keys);
}

/// Returns the name of the constant for a field, or `None` if the trait has a constant of this name.
fn constant(field: &Ident) -> Option<Ident> {
    let name = field.unraw().to_string().to_uppercase();
    (name != "KEYS").then(|| Ident::new(&name, field.span()))
}

//! The macros behind `floe-telemetry`, which is the crate to depend on: it re-exports both.
//!
//! An expansion is thin. It calls the runtime, which has types, tests and coverage; what is decided
//! here is only what nobody but a macro can know. Both macros report all mistakes of one use at once,
//! each on the word that is wrong, and then leave something behind that the rest can compile with.

mod attr;
mod attributes;
mod ctxt;
mod generics;
#[cfg(test)]
mod golden;
mod keywords;
mod krate;
#[cfg(test)]
mod messages;
mod secret;
mod symbol;
mod tokens;
mod traced;
mod words;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/traced.md")]
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    traced::expand(args.into(), &item.into()).into()
}

/// Makes a type attributes with keys that are known at compile time, or the value of one.
///
/// ```text
/// /// An alert on its way.
/// #[derive(FloeAttributes)]
/// #[floe(prefix = "alert")]
/// struct Alert<'a> {
///     channel: &'a str,                               // alert.channel
///     #[floe(key = "alert.destination", display)]
///     to: Url,
///     #[floe(key = attribute::ERROR_TYPE)]
///     error: Option<Failure>,                         // not recorded when `None`
///     #[floe(redact)]
///     token: Option<SecretString>,                    // alert.token = "<REDACTED>"
///     #[floe(flatten, prefix = "alert.owner")]
///     owner: Team<'a>,                                // alert.owner.…
///     #[floe(skip)]
///     body: String,
/// }
/// ```
///
/// | a | becomes |
/// |---|---|
/// | struct | attributes: one for each field |
/// | struct with `#[floe(transparent)]` | a value: that of its one field |
/// | enum whose variants have no fields | a value: the name of the variant |
/// | any other enum | attributes: those of the variant that is there |
///
/// Attributes are recorded with `#[traced(floe_attributes = alert)]`; a value is for a field, or for
/// `#[traced(attributes(severity))]`. The first implement the trait `FloeAttributes`, and the others
/// `attributes::ToAttributeValue`, which says what types a field may have. A type parameter needs no
/// bound: what the fields that mention it need is inferred.
///
/// # On a struct, or an enum with data
///
/// - `prefix = "alert"`: comes before the name of each field, with a dot.
///
/// A field of a variant is a field as any other. Two variants may share a key. One field without a
/// name, as in `Failed(Failure)`, is flattened without being asked.
///
/// # On a newtype
///
/// - `transparent`: the value of the one field that is not `skip`. The type can then be a field
///   elsewhere, also in an `Option` or a `Vec`.
///
/// # On an enum without data
///
/// - `rename_all = "kebab-case"`: how its names are written, one of `lowercase`, `UPPERCASE`,
///   `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`,
///   `SCREAMING-KEBAB-CASE`. Without it they are recorded as written. Both are as in serde, so that
///   the same words say the same in JSON and in an attribute.
/// - `rename = "critical"` on a variant: this text instead.
///
/// # On a field
///
/// - `key = "alert.destination"` or `key = keys::SEVERITY`: the whole key, without the prefix; also
///   a constant of the semantic conventions.
/// - `display`, `debug`: the text of the value, for types that are no attribute values.
/// - `redact`: `<REDACTED>` for any value, of any type, which is not looked at. As everywhere, nothing
///   is recorded for an `Option` that is `None`; but one that a type parameter stands for is not seen.
/// - `flatten`: the attributes of the field, whose type has `FloeAttributes`, under their own keys,
///   or with `prefix = "alert.owner"` under these with the prefix (the whole one: that of the struct
///   is not put before it).
/// - `skip`: is no attribute, and may be of any type.
/// - `examples = ["slack", "email"]`: for the schema.
///
/// A field that is called like a credential (`token`, `api_key`) needs `redact`, `skip`, or a `key`
/// that says that it is none, and so does a newtype that is. A type for secrets, such as
/// `secrecy::SecretString`, is no attribute value, so it does not compile without `redact` or `skip`.
///
/// On all of them, `crate = path::to::floe_telemetry` on the type says where the runtime is, if not
/// at `::floe_telemetry`.
///
/// # Keys and schema
///
/// Each field has a constant with its key, as visible as the type: `Alert::CHANNEL`. There is none
/// for a name that has two keys in two variants, nor for a field called `keys`, `schema` or `group`,
/// because `KEYS` is the list of all keys, `SCHEMA` says of each attribute its type, whether it is
/// always there, its documentation (that of the field), examples, and deprecation, and `GROUP` what
/// there is to say of the whole. It is what a registry of semantic conventions consists of.
///
/// A key that is there twice is an error. For keys that are constants, or come from a flattened type,
/// the error comes from the evaluation of `SCHEMA`; for a type with type parameters that happens
/// when a program that records it is built, and not in `cargo check`. Types that flatten others have
/// at most 128 attributes, as many as a span may have.
///
/// # What it expands to
///
/// ```text
/// impl<'a> FloeAttributes for Alert<'a> {
///     const SCHEMA: &'static [AttributeSchema] = /* what is known of each field */;
///     const GROUP: AttributeGroup =
///         AttributeGroup::new("alert", Self::SCHEMA).with_docs("An alert on its way.", "");
///     fn record(&self, list: &mut AttributeList) {
///         list.set("alert.channel", &self.channel);
///         record(list, "alert.destination", display(Field(&self.to).__floe_present()));
///         list.set(Self::ERROR, &self.error);
///         record(list, "alert.token", redact(Field(&self.token).__floe_present()));
///         record_prefixed(list, "alert.owner", Self::SCHEMA, &self.owner);
///     }
/// }
///
/// impl<'a> Alert<'a> {
///     /// The key of `channel`: `alert.channel`.
///     const CHANNEL: &'static str = "alert.channel";
///     /// The key of `error`.
///     const ERROR: &'static str = attribute::ERROR_TYPE;
///     …
/// }
/// ```
///
/// An enum with data matches on itself and records the fields of the variant, and one without
///
/// ```text
/// impl ToAttributeValue for Severity {
///     const TYPE: AttributeType = AttributeType::Enum(&[AttributeMember::new("info", "info"), …]);
///     fn to_attribute_value(&self) -> Option<AttributeValue> {
///         Some(AttributeValue::Static(match self {
///             Self::Info => "info",
///             …
///         }))
///     }
/// }
/// ```
#[proc_macro_derive(FloeAttributes, attributes(floe))]
pub fn floe_attributes(input: TokenStream) -> TokenStream {
    attributes::expand(input.into()).into()
}

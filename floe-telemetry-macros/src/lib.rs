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

/// Makes each call of a function, method or `async fn` a span.
///
/// The span nests under the one that is active, ends when the body does, and says how that went: a
/// returned `Err` or a panic is the status ERROR. No argument is recorded unless it is named here.
///
/// ```text
/// #[traced(name = "iceberg.create_table", kind = client, attributes(table, rows = rows.len()))]
/// fn create_table(&self, table: &str, rows: &[Row]) -> Result<TableId, CatalogError> { … }
/// ```
///
/// # Arguments
///
/// All of them are optional, in any order, each at most once.
///
/// - `name = "iceberg.create_table"`: the name of the span; without it, that of the function. Also a
///   constant, or an expression over the arguments: `name = format!("stage.{number}")`.
/// - `kind = client`: one of `internal` (which it is without), `server`, `client`, `producer`,
///   `consumer`.
/// - `attributes(…)`: what to record, separated by commas.
///   - `table`, `self.id`, `options.limit`: an argument or a field of one, under its own name
///     without `self`.
///   - `%path`, `?mode`: its `Display` or `Debug` text, for types that are no attribute values.
///   - `rows = rows.len()`, `path = %path`: any expression under a key. Like all of these it borrows
///     the arguments, and runs only for a span that is recorded.
///   - `db.rows = 3`, `"db.system.name" = "duckdb"`, `keys::TABLE = table`: keys with dots, in
///     quotes, or constants. One word in capitals is a constant too.
///   - A value that is called like a credential (`token`, `self.api_key`) is an error; a key in
///     quotes says that it is none: `"page.token" = token`.
/// - `attributes_fn = |catalog, table| …`: computes attributes from a shared reference to each
///   argument, `self` first. Take one that is of no interest as `_`. Also the path of a function:
///   `attributes_fn = Self::attributes`.
/// - `floe_attributes = alert`: a value with `#[derive(FloeAttributes)]`, or a reference to one.
///   Several are in parentheses: `floe_attributes = (IDENTITY, alert)`.
/// - `crate = path::to::floe_telemetry`: where the runtime is, if not at `::floe_telemetry`.
///
/// They are recorded in the order `floe_attributes`, `attributes`, `attributes_fn`; for the same key
/// a later one wins.
///
/// # What it expands to
///
/// ```text
/// #[traced(attributes(table))]
/// fn create_table(table: &str) -> Result<TableId, CatalogError> { body }
/// ```
///
/// becomes, with the paths shortened,
///
/// ```text
/// fn create_table(table: &str) -> Result<TableId, CatalogError> {
///     #[distributed_slice(CALLSITES)]
///     static __FLOE_CALLSITE: CallSite = CallSite::new("create_table", …);
///     let __floe_span = enter(&__FLOE_CALLSITE, |__floe| {
///         __floe.attribute("table", &(table));
///     });
///     call(
///         __floe_span,
///         move || -> Result<TableId, CatalogError> { body },
///         |__floe_return| Inspect(__floe_return).outcome(),
///     )
/// }
/// ```
///
/// and an `async fn` the same with `call_async(__floe_span, async move { body }, …).await`. The
/// signature is not touched, and neither is the body: `return`, `?` and `impl Trait` mean what they
/// meant. Which outcome is an error is found by type, so an alias of `Result` is one too, and an error
/// type needs no trait at all.
///
/// # Limits
///
/// - A `const fn` cannot be traced, nor can a method without a body.
/// - The body is in a closure, so `Location::caller()` in a `#[track_caller]` function, and the place
///   that a panic in it reports, is not the caller.
/// - Inside of `async_trait`, and for any function that returns a future, the span ends when that
///   future is made, not when it is ready.
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    traced::expand(args.into(), &item.into()).into()
}

/// Makes the fields of a struct attributes, with keys that are known at compile time.
///
/// ```text
/// #[derive(FloeAttributes)]
/// #[floe(prefix = "alert")]
/// struct Alert<'a> {
///     channel: &'a str,                    // alert.channel
///     #[floe(key = "alert.destination")]
///     to: Destination,
///     #[floe(key = keys::SEVERITY)]
///     severity: Option<Severity>,          // not recorded when `None`
///     #[floe(skip)]
///     body: String,
/// }
/// ```
///
/// # On the struct
///
/// - `prefix = "alert"`: comes before the name of each field, with a dot.
/// - `crate = path::to::floe_telemetry`: where the runtime is, if not at `::floe_telemetry`.
///
/// # On a field
///
/// - `key = "alert.destination"` or `key = keys::SEVERITY`: the whole key, without the prefix.
/// - `skip`: is no attribute, and may be of any type.
///
/// A field that is called like a credential (`token`, `api_key`) needs one of both.
///
/// # What it expands to
///
/// ```text
/// impl<'a> FloeAttributes for Alert<'a> {
///     const KEYS: &'static [&'static str] = &["alert.channel", "alert.destination", keys::SEVERITY];
///     fn record(&self, __floe_list: &mut AttributeList) {
///         __floe_list.set("alert.channel", &self.channel);
///         …
///     }
/// }
///
/// impl<'a> Alert<'a> {
///     /// The key of `channel`: `alert.channel`.
///     const CHANNEL: &'static str = "alert.channel";
///     …
/// }
/// ```
///
/// The constants are as visible as the struct. A field called `keys` gets none, because `KEYS` is the
/// list of all. A field whose type depends on a type parameter adds the bound that this type is the
/// value of an attribute.
#[proc_macro_derive(FloeAttributes, attributes(floe))]
pub fn floe_attributes(input: TokenStream) -> TokenStream {
    attributes::expand(input.into()).into()
}

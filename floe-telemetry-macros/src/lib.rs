//! The two macros behind `floe-telemetry`, which re-exports them and is the crate to depend on.
//!
//! Expansions are small: they call the runtime, which has types, tests and coverage. The macros contain only code that
//! cannot be a function. Both report all mistakes of one use together, each at the token that is wrong, and still emit
//! an item, so that other code compiles.

mod attributes;
mod ctxt;
mod generics;
mod given;
mod keywords;
mod krate;
mod record;
mod secret;
mod semconv;
mod symbol;
#[cfg(test)]
mod tests;
mod tokens;
mod traced;
mod words;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/traced.md")]
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    traced::expand(args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/floe_attributes.md")]
#[proc_macro_derive(FloeAttributes, attributes(floe))]
pub fn floe_attributes(input: TokenStream) -> TokenStream {
    attributes::expand(input.into()).into()
}

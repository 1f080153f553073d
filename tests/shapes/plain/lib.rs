//! Attributes for the tests: [`macro@alone`]; `#[traced]` without a span, so that one file can be compiled with and
//! without spans; and variants of `#[traced]` with arguments for functions that have none.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Returns the item without a change.
#[proc_macro_attribute]
pub fn traced(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Adds `#[traced]` with the item's own arguments or, without any, with an `error_if` that makes each span an error.
#[proc_macro_attribute]
pub fn refused(arguments: TokenStream, item: TokenStream) -> TokenStream {
    with("error_if = |_| true", arguments, item)
}

/// Adds `#[traced]` with the item's own arguments or, without any, with one more attribute for the span.
#[proc_macro_attribute]
pub fn with_attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    with("attributes(more = 1)", arguments, item)
}

/// Annotates an item with `#[traced]` and the given arguments, or with the arguments `default` if none are given.
#[expect(clippy::expect_used, reason = "the texts are tokens")]
fn with(default: &str, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let tokens = |text: &str| -> TokenStream { text.parse().expect("tokens") };
    let arguments = if arguments.is_empty() { tokens(default) } else { arguments };
    let group = |delimiter, inner| TokenStream::from(TokenTree::from(Group::new(delimiter, inner)));
    let mut attribute = tokens("::floe_telemetry::traced");
    attribute.extend(group(Delimiter::Parenthesis, arguments));
    let mut annotated = tokens("#");
    annotated.extend([group(Delimiter::Bracket, attribute), item]);
    annotated
}

/// Makes a function a test that runs in its own process.
#[proc_macro_attribute]
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test is a function"
)]
pub fn alone(_: TokenStream, item: TokenStream) -> TokenStream {
    let tokens = |text: &str| -> TokenStream { text.parse().expect("tokens") };
    let mut item: Vec<_> = item.into_iter().collect();
    let Some(TokenTree::Group(body)) = item.pop() else { panic!("expected a body") };
    let mut alone = tokens("::floe_tests::alone!();");
    alone.extend(body.stream());
    let mut test = tokens("#[::core::prelude::v1::test]");
    test.extend(item);
    test.extend([TokenTree::from(Group::new(Delimiter::Brace, alone))]);
    test
}

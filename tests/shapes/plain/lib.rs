//! Attributes for the tests: [`macro@alone`], and a `#[traced]` without a span, so that one file can be compiled with
//! and without spans.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// Returns the item without a change.
#[proc_macro_attribute]
pub fn traced(_: TokenStream, item: TokenStream) -> TokenStream {
    item
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

//! Reads the errors in an expansion, for tests.

mod expansions;

use proc_macro2::{TokenStream, TokenTree};

pub(crate) fn messages(expansion: TokenStream) -> Vec<String> {
    let mut messages = Vec::new();
    let mut trees = expansion.into_iter();
    while let Some(tree) = trees.next() {
        if matches!(&tree, TokenTree::Ident(ident) if ident == "compile_error")
            && let Some(TokenTree::Group(group)) = trees.nth(1)
            && let Ok(text) = syn::parse2::<syn::LitStr>(group.stream())
        {
            messages.push(text.value());
        }
    }
    messages
}

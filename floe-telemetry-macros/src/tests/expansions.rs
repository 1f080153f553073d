//! Each file of `tests/expansions/` has a function or a type, and below it the code that a macro makes of it. With `EXPAND=1`
//! in the environment, the test writes the second part anew.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, ImplItem, Item, ItemImpl, Meta};

use crate::{attributes, traced};

const BECOMES: &str = "\n// becomes\n\n";

/// Expands the macro that is the last attribute, and the macros that a block puts on its methods.
fn expand(item: Item) -> TokenStream {
    match item {
        Item::Fn(mut function) => expand_traced(function.attrs.pop(), &function),
        Item::Impl(mut block) => {
            let mut expanded: ItemImpl =
                syn::parse2(expand_traced(block.attrs.pop(), &block)).unwrap();
            for item in &mut expanded.items {
                if let ImplItem::Fn(method) = item {
                    let attr = method.attrs.pop();
                    *item = syn::parse2(expand_traced(attr, method)).unwrap();
                }
            }
            expanded.to_token_stream()
        }
        derived => attributes::expand(derived.to_token_stream()),
    }
}

fn expand_traced(attr: Option<Attribute>, item: &impl ToTokens) -> TokenStream {
    let args = match attr.unwrap().meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    traced::expand(args, &item.to_token_stream())
}

#[test]
fn each_expansion_is_as_its_file_shows_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (written, expected) = text.split_once(BECOMES).unwrap_or((&text, ""));
        let item = syn::parse_file(written).unwrap().items.pop().unwrap();
        let expanded = prettyplease::unparse(&syn::parse2(expand(item)).unwrap());
        if env::var_os("EXPAND").is_some() {
            fs::write(&path, format!("{written}{BECOMES}{expanded}")).unwrap();
        } else {
            assert_eq!(expanded, expected, "{}", path.display());
        }
        count += 1;
    }
    assert_eq!(count, 6);
}

//! `registry!("path")`: the keys of a program's own registry of semantic conventions, in Weaver's format.
//!
//! The keys are remembered while the crate is compiled, so that `semconv` can check those that are written below. Rustc
//! expands macros in the order of the text, with the state of one process. Where another program does not, there are
//! only no warnings.

mod emit;
mod known;
mod read;

use std::{env, fs, path::Path};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::LitStr;

pub(crate) use self::known::{Verdict, check, check_text};
use self::read::Registry;

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Ok(path) = syn::parse2::<LitStr>(input) else {
        let message = "expected the path of a file below the folder of Cargo.toml, as in \
                       `registry!(\"telemetry/registry.yaml\")`";
        return syn::Error::new(Span::call_site(), message).into_compile_error();
    };
    let name = path.value();
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let file = Path::new(&folder).join(&name);
    let read = fs::read_to_string(&file)
        .map_err(|error| format!("cannot read `{}`: {error}", file.display()))
        .and_then(|text| Registry::read(&text, &name));
    match read {
        Ok(registry) => {
            let constants = emit::constants(&registry);
            let file = file.to_string_lossy();
            known::remember(&name, registry);
            // The compiler does not know otherwise that the file was read.
            quote! {
                #constants
                const _: &[::core::primitive::u8] = ::core::include_bytes!(#file);
            }
        }
        Err(message) => syn::Error::new(path.span(), message).into_compile_error(),
    }
}

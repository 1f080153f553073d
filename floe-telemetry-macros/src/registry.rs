//! `registry!("path")`: the keys of a program's own registry of semantic conventions, in Weaver's format.
//!
//! The keys are remembered while the crate is compiled, so that `semconv` can check those that are written below. Rustc
//! expands macros in the order of the text, with the state of one process. Where another program does not, there are
//! only no warnings.

mod emit;
mod known;
mod read;
mod sources;

use std::{env, path::Path};

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

pub(crate) use self::known::{Verdict, check, check_text};
use self::{read::Registry, sources::Sources};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Ok(path) = syn::parse2::<LitStr>(input.clone()) else {
        let message = "expected the path of a file or a folder below the folder of Cargo.toml, as in \
                       `registry!(\"telemetry/registry.yaml\")`";
        return syn::Error::new_spanned(input, message).into_compile_error();
    };
    let name = path.value();
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let sources = Sources::read(&Path::new(&folder).join(&name), &name);
    let read = sources.and_then(|sources| Ok((Registry::read(&sources)?, sources)));
    match read {
        Ok((registry, sources)) => {
            let constants = emit::constants(&registry);
            let files = sources.files.iter().map(|it| it.path.to_string_lossy());
            known::remember(&name, registry);
            // The compiler does not know otherwise that the files were read.
            quote! {
                #constants
                #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#files);)*
            }
        }
        Err(message) => syn::Error::new(path.span(), message).into_compile_error(),
    }
}

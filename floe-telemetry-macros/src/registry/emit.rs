//! A constant for each key.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::read::{Attribute, Deprecation, Registry};
use crate::krate::Krate;

pub(super) fn constants(registry: &Registry) -> TokenStream {
    let krate = Krate::new(None);
    let own = registry.attributes.iter().filter(|it| it.is_own);
    let constants = own.map(|attribute| {
        let Attribute { key, brief, note, .. } = attribute;
        // Of the call site, because the program names them.
        let constant = Ident::new(&attribute.constant, Span::call_site());
        let kind = Ident::new(attribute.kind, Span::mixed_site());
        let first = format!(" `{key}`: {}", brief.trim());
        let notes = note.trim().lines().map(|line| format!(" {line}"));
        let notes = notes
            .enumerate()
            .flat_map(|(at, line)| (at == 0).then(String::new).into_iter().chain([line]));
        let deprecated = attribute.deprecation.as_ref().map(|deprecation| {
            let note = match deprecation {
                Deprecation::RenamedTo(to) => format!("renamed to `{to}`"),
                Deprecation::Because(reason) => reason.clone(),
            };
            quote!(#[deprecated(note = #note)])
        });
        quote! {
            #[doc = #first]
            #(#[doc = #notes])*
            #deprecated
            #[allow(dead_code)]
            pub const #constant: #krate::attributes::TypedKey<#krate::__private::semconv::#kind> =
                #krate::attributes::TypedKey::new(#key);
        }
    });
    constants.collect()
}

//! Emits the keys: an array, or a list that checks for duplicates if some keys are unknown to the macro.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Field, Key, Model, Record, emit_key};
use crate::tokens::on;

/// Whether some keys are unknown to the macro, which then cannot check for duplicates.
pub(super) fn is_checked(model: &Model<'_>) -> bool {
    model.shape.fields().iter().any(|field| {
        matches!(field.record, Record::Nested) || matches!(field.key(), Some(Key::Const(_)))
    })
}

pub(super) fn emit(model: &Model<'_>) -> TokenStream {
    let list = if is_checked(model) {
        checked(model)
    } else {
        let keys = model.shape.fields().iter().map(emit_key);
        quote!(&[#(#keys),*])
    };
    quote_spanned! {Span::mixed_site()=>
        const KEYS: &'static [&'static ::core::primitive::str] = #list;
    }
}

/// Emits the list that checks the keys, built in one step for each field. An error about a field's keys is reported at
/// its key or at `flatten`.
fn checked(model: &Model<'_>) -> TokenStream {
    let private = model.krate.private();
    let fields = model.shape.fields();
    let nests = fields.iter().any(|field| matches!(field.record, Record::Nested));
    let size = if nests {
        quote!(#private::KeyList::nesting())
    } else {
        let size = fields.len();
        quote!(#private::KeyList::<#size>::new())
    };

    let steps = fields.iter().map(|field| step(model, field));
    let fallback = nests
        .then(|| quote_spanned!(Span::mixed_site()=> #[allow(unused_imports)] use #private::Fallback as _;));
    quote_spanned! {Span::mixed_site()=>
        const {
            &{
                #fallback
                let __floe_list = #size;
                #(#steps)*
                __floe_list
            }
        }
        .as_slice()
    }
}

fn step(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let private = model.krate.private();
    let ty = &field.original.ty;
    let mixed = Span::mixed_site();
    let call = match &field.record {
        Record::Nested => {
            let span = field.written.as_ref().map_or_else(|| on(ty), on);
            quote_spanned!(span=> __floe_list.nested(#private::Describe::<#ty>::KEYS))
        }
        Record::Value(written, _) => {
            let key = emit_key(field);
            quote_spanned!(on(written)=> __floe_list.key(#key))
        }
    };
    quote_spanned!(mixed=> let __floe_list = #call;)
}

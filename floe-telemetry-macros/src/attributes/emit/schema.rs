//! The schema: an array, or a list that checks keys which the macro does not know.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Field, Key, Model, Record, Shape, Text, documentation, key, on};

/// Whether some keys are not known to the macro, which then cannot check for duplicates.
pub(super) fn is_checked(model: &Model<'_>) -> bool {
    matches!(model.shape, Shape::Enum(_))
        || model.shape.fields().iter().any(|field| {
            matches!(field.record, Record::Nested(_)) || matches!(field.key(), Some(Key::Const(_)))
        })
}

pub(super) fn emit(model: &Model<'_>) -> TokenStream {
    let (krate, private) = (model.krate, model.krate.private());
    let fields = model.shape.fields();
    let list = if is_checked(model) {
        checked(model)
    } else {
        let attributes = fields.iter().map(|field| attribute(model, field));
        quote!(&[#(#attributes),*])
    };
    let fallback = (!fields.is_empty()).then(|| {
        quote_spanned!(Span::mixed_site()=> #[allow(unused_imports)] use #private::Fallback as _;)
    });
    quote_spanned! {Span::mixed_site()=>
        const SCHEMA: &'static [#krate::attributes::AttributeSchema] = {
            #fallback
            #list
        };
    }
}

/// One step for each field. Errors are reported at the keyword that determines its keys.
fn checked(model: &Model<'_>) -> TokenStream {
    let private = model.krate.private();
    let fields = model.shape.fields();
    let nests = fields.iter().any(|field| matches!(field.record, Record::Nested(_)));
    let size = if nests {
        quote!(#private::SchemaList::nesting())
    } else {
        let size = fields.len();
        quote!(#private::SchemaList::<#size>::new())
    };
    let steps = match &model.shape {
        Shape::Enum(variants) => {
            let steps = variants.iter().map(|variant| {
                let fields = variant.fields.iter().map(|field| step(model, field));
                quote_spanned! {Span::mixed_site()=>
                    let __floe_list = __floe_list.variant();
                    #(#fields)*
                }
            });
            quote_spanned! {Span::mixed_site()=>
                #(#steps)*
                let __floe_list = __floe_list.end_of_variants();
            }
        }
        _ => fields.iter().map(|field| step(model, field)).collect(),
    };
    quote_spanned! {Span::mixed_site()=>
        const {
            &{
                let __floe_list = #size;
                #steps
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
        Record::Nested(prefix) => {
            let span = field.written.as_ref().map_or_else(|| on(ty), on);
            let nested = quote_spanned!(mixed=> #private::Describe::<#ty>::NESTED);
            match prefix {
                None => quote_spanned!(span=> __floe_list.nested(#nested)),
                Some(prefix) => quote_spanned! {span=>
                    __floe_list.prefixed(const { &#private::Prefixed::new(#prefix, #nested) }, #nested)
                },
            }
        }
        Record::Value(written, _) => {
            let span = written.as_ref().map_or_else(|| on(ty), on);
            let attribute = attribute(model, field);
            quote_spanned!(span=> __floe_list.attribute(#attribute))
        }
    };
    quote_spanned!(mixed=> let __floe_list = #call;)
}

fn attribute(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let private = model.krate.private();
    let (ty, key) = (&field.original.ty, key(field));
    let (what, redacted) = match &field.record {
        Record::Value(_, Some(Text::Redact)) => (quote!(TEXT), Some(quote!(.redacted()))),
        Record::Value(_, Some(_)) => (quote!(TEXT), None),
        _ => (quote!(VALUE), None),
    };
    let examples = &field.examples;
    let examples = (!examples.is_empty()).then(|| quote!(.with_examples(&[#(#examples),*])));
    let docs = documentation(&field.docs);
    quote_spanned!(Span::mixed_site()=> #private::Describe::<#ty>::#what.under(#key)#docs #examples #redacted)
}

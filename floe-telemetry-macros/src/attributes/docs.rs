//! The documentation and the `#[deprecated]` attribute of an item.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, MetaNameValue};

#[derive(Default)]
pub(super) struct Docs {
    pub(super) brief: String,
    pub(super) note: String,
    pub(super) deprecation: Option<Attribute>,
}

impl Docs {
    pub(super) fn from_attrs(attrs: &[Attribute]) -> Self {
        let lines: Vec<_> = attrs
            .iter()
            .filter(|attr| attr.path().is_ident("doc"))
            .filter_map(|attr| text(&attr.meta))
            .collect();
        let lines = lines.join("\n");
        let mut lines = lines.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
        let first: Vec<_> = lines
            .by_ref()
            .skip_while(|line| line.trim().is_empty())
            .take_while(|line| !line.trim().is_empty())
            .map(str::trim)
            .collect();
        let rest: Vec<_> = lines.collect();
        let deprecation = attrs.iter().find(|attr| attr.path().is_ident("deprecated"));
        Self {
            brief: first.join(" "),
            note: rest.join("\n").trim().to_owned(),
            deprecation: deprecation.cloned(),
        }
    }
}

fn text(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(MetaNameValue {
            value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

//! `#[floe(…)]` on a field.

use proc_macro2::Ident;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Path, parse::ParseStream};

use super::{check_text, each, given::Given};
use crate::{ctxt::Ctxt, symbol};

/// What a field says about itself.
pub(in crate::attributes) struct Field {
    pub(in crate::attributes) role: Role,
    pub(in crate::attributes) examples: Vec<String>,
}

/// What becomes of a field.
pub(in crate::attributes) enum Role {
    Skip,
    /// Its attributes are those of its type.
    Flatten(Ident, Option<LitStr>),
    /// One attribute, with the key if it is written out.
    Attribute(Option<(Ident, Key)>, Option<Text>),
}

/// How a field becomes text.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::attributes) enum Text {
    Display,
    Debug,
    Redact,
}

/// A key that is written out.
pub(in crate::attributes) enum Key {
    Text(LitStr),
    Const(Path),
}

/// The keywords that are there.
pub(super) struct Words {
    pub(super) key: Option<(Ident, Key)>,
    pub(super) prefix: Option<(Ident, LitStr)>,
    pub(super) examples: Option<(Ident, Vec<String>)>,
    pub(super) skip: Option<Ident>,
    pub(super) flatten: Option<Ident>,
    pub(super) redact: Option<Ident>,
    pub(super) display: Option<Ident>,
    pub(super) debug: Option<Ident>,
}

impl Field {
    pub(in crate::attributes) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut given = Given::new(cx);
        each(cx, attrs, symbol::FIELD, |input, word, symbol| {
            given.read(input, word, symbol)
        });
        let words = given.finish();
        words.check_conflicts(cx);
        words.check_texts(cx);
        words.into_field()
    }
}

impl Words {
    /// What does not go together: one error for each word too much.
    fn check_conflicts(&self, cx: &Ctxt) {
        let Self {
            skip,
            flatten,
            redact,
            display,
            debug,
            ..
        } = self;
        let (key, examples) = (word(self.key.as_ref()), word(self.examples.as_ref()));
        let prefix = word(self.prefix.as_ref());
        if let Some(skip) = skip {
            let others = [flatten, redact, display, debug, &key, &prefix, &examples];
            only(cx, skip, "the field is no attribute", &others);
        } else if let Some(flatten) = flatten {
            let others = [redact, display, debug, &key, &examples];
            only(
                cx,
                flatten,
                "the attributes are those of the field's type",
                &others,
            );
        } else {
            const ONE_WAY: &str = "the value is recorded in one way";
            if let Some(redact) = redact {
                only(cx, redact, ONE_WAY, &[display, debug]);
            } else if let Some(display) = display {
                only(cx, display, ONE_WAY, &[debug]);
            }
            if let Some(prefix) = prefix {
                cx.error(
                    prefix,
                    "`prefix` on a field needs `flatten`; one key is written `key = \"…\"`",
                );
            }
        }
    }

    fn check_texts(&self, cx: &Ctxt) {
        if let Some((_, prefix)) = &self.prefix {
            check_text(cx, prefix, "prefix");
        }
        if let Some((_, Key::Text(text))) = &self.key {
            check_text(cx, text, "key");
        }
    }

    fn into_field(self) -> Field {
        let texts = [
            (self.redact, Text::Redact),
            (self.display, Text::Display),
            (self.debug, Text::Debug),
        ];
        let text = texts
            .into_iter()
            .find_map(|(word, text)| word.map(|_| text));
        let role = match (self.skip, self.flatten) {
            (Some(_), _) => Role::Skip,
            (None, Some(word)) => Role::Flatten(word, self.prefix.map(|(_, prefix)| prefix)),
            (None, None) => Role::Attribute(self.key, text),
        };
        Field {
            role,
            examples: self
                .examples
                .map(|(_, examples)| examples)
                .unwrap_or_default(),
        }
    }
}

impl Key {
    pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        match ungrouped(input.parse()?) {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Ok(Self::Text(text)),
            Expr::Path(path) if path.qself.is_none() => Ok(Self::Const(path.path)),
            other => Err(syn::Error::new_spanned(
                other,
                "a key is a string literal or the path of a constant",
            )),
        }
    }
}

fn word<T>(given: Option<&(Ident, T)>) -> Option<Ident> {
    given.map(|(word, _)| word.clone())
}

/// Reports each of `others` that is given beside `first`.
fn only(cx: &Ctxt, first: &Ident, reason: &str, others: &[&Option<Ident>]) {
    for other in others.iter().copied().flatten() {
        cx.error(
            other,
            format_args!("`{other}` does not go with `{first}`: {reason}"),
        );
    }
}

/// What a `macro_rules!` macro got as `$key:expr` comes in a group that nobody wrote.
pub(super) fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

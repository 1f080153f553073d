//! `#[floe(…)]` on a field.

use proc_macro2::Ident;
use syn::{
    Attribute, Expr, ExprArray, ExprLit, ExprUnary, Lit, LitStr, Path, UnOp, parse::ParseStream,
};

use super::{check_text, each, flag};
use crate::{
    attr::Attr,
    ctxt::Ctxt,
    keywords,
    symbol::{self, Symbol},
};

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

/// The keywords of a field, while they are read.
struct Given<'c> {
    key: Attr<'c, Key>,
    prefix: Attr<'c, LitStr>,
    examples: Attr<'c, Vec<String>>,
    skip: Attr<'c, ()>,
    flatten: Attr<'c, ()>,
    redact: Attr<'c, ()>,
    display: Attr<'c, ()>,
    debug: Attr<'c, ()>,
}

/// Those that are there.
struct Words {
    key: Option<(Ident, Key)>,
    prefix: Option<(Ident, LitStr)>,
    examples: Option<(Ident, Vec<String>)>,
    skip: Option<Ident>,
    flatten: Option<Ident>,
    redact: Option<Ident>,
    display: Option<Ident>,
    debug: Option<Ident>,
}

impl Field {
    pub(in crate::attributes) fn from_attrs(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut given = Given {
            key: Attr::new(cx, symbol::KEY),
            prefix: Attr::new(cx, symbol::PREFIX),
            examples: Attr::new(cx, symbol::EXAMPLES),
            skip: Attr::new(cx, symbol::SKIP),
            flatten: Attr::new(cx, symbol::FLATTEN),
            redact: Attr::new(cx, symbol::REDACT),
            display: Attr::new(cx, symbol::DISPLAY),
            debug: Attr::new(cx, symbol::DEBUG),
        };
        each(cx, attrs, symbol::FIELD, |input, word, symbol| given.read(input, word, symbol));
        let words = given.finish();
        words.check_conflicts(cx);
        words.check_texts(cx);
        words.into_field()
    }
}

impl Words {
    /// What does not go together: one error for each word too much.
    fn check_conflicts(&self, cx: &Ctxt) {
        let Self { skip, flatten, redact, display, debug, .. } = self;
        let (key, examples) = (word(&self.key), word(&self.examples));
        let prefix = word(&self.prefix);
        if let Some(skip) = skip {
            let others = [flatten, redact, display, debug, &key, &prefix, &examples];
            only(cx, skip, "the field is no attribute", &others);
        } else if let Some(flatten) = flatten {
            let others = [redact, display, debug, &key, &examples];
            only(cx, flatten, "the attributes are those of the field's type", &others);
        } else {
            const ONE_WAY: &str = "the value is recorded in one way";
            if let Some(redact) = redact {
                only(cx, redact, ONE_WAY, &[display, debug]);
            } else if let Some(display) = display {
                only(cx, display, ONE_WAY, &[debug]);
            }
            if let Some(prefix) = prefix {
                cx.error(prefix, "`prefix` on a field needs `flatten`; one key is written `key = \"…\"`");
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
        let text = texts.into_iter().find_map(|(word, text)| word.map(|_| text));
        let role = match (self.skip, self.flatten) {
            (Some(_), _) => Role::Skip,
            (None, Some(word)) => Role::Flatten(word, self.prefix.map(|(_, prefix)| prefix)),
            (None, None) => Role::Attribute(self.key, text),
        };
        Field {
            role,
            examples: self.examples.map(|(_, examples)| examples).unwrap_or_default(),
        }
    }
}

impl Given<'_> {
    fn read(&mut self, input: ParseStream<'_>, word: &Ident, symbol: Symbol) -> syn::Result<()> {
        match symbol {
            symbol::KEY => self.key.set(word, keywords::value_with(input, word, symbol, Key::parse)?),
            symbol::PREFIX => self.prefix.set(word, keywords::value(input, word, symbol)?),
            symbol::EXAMPLES => {
                self.examples.set(word, keywords::value_with(input, word, symbol, examples)?);
            }
            symbol::SKIP => flag(input, word, &mut self.skip, symbol)?,
            symbol::FLATTEN => flag(input, word, &mut self.flatten, symbol)?,
            symbol::REDACT => flag(input, word, &mut self.redact, symbol)?,
            symbol::DISPLAY => flag(input, word, &mut self.display, symbol)?,
            _ => flag(input, word, &mut self.debug, symbol)?,
        }
        Ok(())
    }

    fn finish(self) -> Words {
        let flag = |attr: Attr<'_, ()>| attr.with_keyword().map(|(word, ())| word);
        Words {
            key: self.key.with_keyword(),
            prefix: self.prefix.with_keyword(),
            examples: self.examples.with_keyword(),
            skip: flag(self.skip),
            flatten: flag(self.flatten),
            redact: flag(self.redact),
            display: flag(self.display),
            debug: flag(self.debug),
        }
    }
}

impl Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let written: Expr = input.parse()?;
        match written {
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

fn word<T>(given: &Option<(Ident, T)>) -> Option<Ident> {
    given.as_ref().map(|(word, _)| word.clone())
}

/// Reports each of `others` that is given beside `first`.
fn only(cx: &Ctxt, first: &Ident, reason: &str, others: &[&Option<Ident>]) {
    for other in others.iter().copied().flatten() {
        cx.error(other, format_args!("`{other}` does not go with `{first}`: {reason}"));
    }
}

/// The texts of the literals in brackets.
fn examples(input: ParseStream<'_>) -> syn::Result<Vec<String>> {
    let written: Expr = input.parse()?;
    let literals = match &written {
        Expr::Array(ExprArray { elems, .. }) => elems.iter().map(literal).collect(),
        _ => None,
    };
    literals.ok_or_else(|| {
        let message = format!("examples are literals in brackets: `{}`", symbol::EXAMPLES.usage);
        syn::Error::new_spanned(written, message)
    })
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(text) => Some(text.value()),
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Float(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(value) => Some(value.value.to_string()),
            _ => None,
        },
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr).map(|text| format!("-{text}")),
        _ => None,
    }
}

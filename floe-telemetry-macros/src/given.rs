//! The arguments of a macro: `keyword = value`, `keyword(…)`, or `keyword` alone, each at most once.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Expr, LitStr, Path, Token, buffer::Cursor, parenthesized, parse::ParseStream, token::Paren,
};

use crate::{
    ctxt::Ctxt,
    keywords,
    record::{self, Format, Key, Record},
    symbol::{self, Form, Symbol},
};

#[derive(Default)]
pub(crate) struct Given(Vec<Argument>);

pub(crate) struct Argument {
    keyword: Ident,
    pub(crate) symbol: Symbol,
    value: Value,
    /// The keyword with its value, as written.
    pub(crate) tokens: TokenStream,
}

enum Value {
    Switch,
    Expr(Expr),
    Text(LitStr),
    Path(Path),
    Key(Key),
    Records(Vec<Record>),
    Returned(Returned),
}

/// The value of the argument `ret`.
#[derive(Clone)]
pub(crate) enum Returned {
    Recorded(Format),
    Computed(Box<Expr>),
}

impl Returned {
    pub(crate) fn computed(&self) -> Option<&Expr> {
        match self {
            Self::Computed(computed) => Some(computed),
            Self::Recorded(_) => None,
        }
    }
}

impl Given {
    pub(crate) fn parse(
        &mut self,
        cx: &Ctxt,
        input: ParseStream<'_>,
        accepted: &[Symbol],
    ) -> syn::Result<()> {
        let start = input.cursor();
        let (keyword, symbol) = keywords::parse_keyword(input, accepted)?;
        let value = Value::parse(cx, input, &keyword, symbol)?;
        if self.keyword(symbol).is_some() {
            cx.error(&keyword, format_args!("`{keyword}` is given twice"));
        } else {
            let tokens = between(start, input.cursor());
            self.0.push(Argument { keyword, symbol, value, tokens });
        }

        Ok(())
    }

    /// Reports an argument that does not apply, if it is given.
    pub(crate) fn refuse(&self, cx: &Ctxt, symbol: Symbol, message: &str) {
        if let Some(keyword) = self.keyword(symbol) {
            cx.error(keyword, message);
        }
    }

    /// Reports `other` if both arguments are given, because they exclude each other.
    pub(crate) fn exclude(&self, cx: &Ctxt, symbol: Symbol, other: Symbol) {
        if let (Some(given), Some(other)) = (self.keyword(symbol), self.keyword(other)) {
            cx.error(other, format_args!("`{other}` and `{given}` exclude each other"));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Argument> {
        self.0.iter()
    }

    fn find(&self, symbol: Symbol) -> Option<&Argument> {
        self.iter().find(|argument| argument.symbol == symbol)
    }

    pub(crate) fn has(&self, symbol: Symbol) -> bool {
        self.find(symbol).is_some()
    }

    pub(crate) fn keyword(&self, symbol: Symbol) -> Option<&Ident> {
        self.find(symbol).map(|argument| &argument.keyword)
    }

    pub(crate) fn expr(&self, symbol: Symbol) -> Option<&Expr> {
        match &self.find(symbol)?.value {
            Value::Expr(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn returned(&self) -> Option<Returned> {
        match &self.find(symbol::RET)?.value {
            Value::Returned(returned) => Some(returned.clone()),
            _ => None,
        }
    }

    pub(crate) fn text(&self, symbol: Symbol) -> Option<&LitStr> {
        match &self.find(symbol)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value of the argument `crate`.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.find(symbol::CRATE)?.value {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Returns the value of the argument `key`.
    pub(crate) fn key(&self) -> Option<&Key> {
        match &self.find(symbol::KEY)?.value {
            Value::Key(key) => Some(key),
            _ => None,
        }
    }

    /// Takes the values of `attributes(…)`.
    pub(crate) fn take_records(&mut self) -> Vec<Record> {
        let values = self.0.iter_mut().map(|argument| &mut argument.value);
        let mut records = values.filter_map(|value| match value {
            Value::Records(records) => Some(std::mem::take(records)),
            _ => None,
        });

        records.next().unwrap_or_default()
    }
}

impl Value {
    fn parse(
        cx: &Ctxt,
        input: ParseStream<'_>,
        keyword: &Ident,
        symbol: Symbol,
    ) -> syn::Result<Self> {
        let misused = || {
            let message = format_args!("`{symbol}` is written `{}`", symbol.usage);
            Err(syn::Error::new(keyword.span(), message))
        };

        match symbol.form {
            Form::Switch if input.is_empty() || input.peek(Token![,]) => return Ok(Self::Switch),
            Form::Returned if input.is_empty() || input.peek(Token![,]) => {
                return Ok(Self::Returned(Returned::Recorded(Format::Typed)));
            }
            Form::Switch => {
                let message = format_args!("`{symbol}` takes no value");
                return Err(syn::Error::new(keyword.span(), message));
            }
            Form::Records if input.peek(Paren) => {
                let content;
                parenthesized!(content in input);
                return Ok(Self::Records(record::list(cx, &content)));
            }
            _ if symbol.form == Form::Records || !keywords::is_assignment(input) => {
                return misused();
            }
            _ => {}
        }

        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return misused();
        }

        let value = match symbol.form {
            Form::Returned => match record::format(input)? {
                Format::Typed => input.parse().map(|it| Self::Returned(Returned::Computed(it))),
                format => return Ok(Self::Returned(Returned::Recorded(format))),
            },
            Form::Text => input.parse().map(Self::Text),
            Form::Path => Path::parse_mod_style(input).map(Self::Path),
            Form::Key => Key::parse(input).map(Self::Key),
            _ => input.parse().map(|value| Self::Expr(keywords::ungrouped(value))),
        };

        value.map_err(|error| {
            let message = format!("{error}, as in `{}`", symbol.usage);
            syn::Error::new(error.span(), message)
        })
    }
}

fn between(mut start: Cursor<'_>, end: Cursor<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while start != end
        && let Some((tree, next)) = start.token_tree()
    {
        tokens.extend([tree]);
        start = next;
    }
    tokens
}

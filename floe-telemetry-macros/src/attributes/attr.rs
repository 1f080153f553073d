//! `#[floe(…)]` on the type, on its variants, and on its fields.

use syn::{
    Attribute, Meta,
    parse::{ParseStream, Parser},
};

use crate::{
    ctxt::Ctxt,
    given::Given,
    keywords,
    record::Key,
    symbol::{self, Symbol},
    words,
};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Text {
    Display,
    Debug,
    Redact,
}

impl Text {
    pub(super) fn of(field: &Given) -> Option<Self> {
        let texts = [
            (symbol::REDACT, Self::Redact),
            (symbol::DISPLAY, Self::Display),
            (symbol::DEBUG, Self::Debug),
        ];
        texts.into_iter().find_map(|(symbol, text)| field.has(symbol).then_some(text))
    }
}

pub(super) fn of_container(cx: &Ctxt, attrs: &[Attribute]) -> Given {
    let container = parse(cx, attrs, symbol::CONTAINER);
    if let Some(prefix) = container.text(symbol::PREFIX) {
        words::check_key(cx, "prefix", prefix);
    }
    container
}

pub(super) fn of_field(cx: &Ctxt, attrs: &[Attribute]) -> Given {
    let field = parse(cx, attrs, symbol::FIELD);
    check_conflicts(cx, &field);
    if let Some(Key::Text(text)) = field.key() {
        words::check_key(cx, "key", text);
    }
    field
}

/// Reports an error for each keyword that conflicts with the first one: a field is recorded in one way, and a flattened
/// or skipped field has no key.
fn check_conflicts(cx: &Ctxt, field: &Given) {
    use symbol::{DEBUG, DISPLAY, FLATTEN, KEY, REDACT, SKIP};
    let is_keyless = field.has(SKIP) || field.has(FLATTEN);
    let key = is_keyless.then_some(KEY);
    let ways = [SKIP, FLATTEN, REDACT, DISPLAY, DEBUG].into_iter().chain(key);
    let mut given = ways.filter_map(|symbol| field.keyword(symbol));
    if let Some(first) = given.next() {
        for other in given {
            cx.error(other, format_args!("`{other}` does not go with `{first}`"));
        }
    }
}

pub(super) fn parse(cx: &Ctxt, attrs: &[Attribute], accepted: &[Symbol]) -> Given {
    let mut given = Given::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("floe")) {
        let Meta::List(list) = &attr.meta else {
            let usage = accepted.first().map_or("…", |symbol| symbol.usage);
            cx.error(&attr.meta, format_args!("`floe` is written `#[floe({usage})]`"));
            continue;
        };

        let fill = |input: ParseStream<'_>| {
            keywords::parse_each(cx, input, keywords::starts_argument, |input| {
                given.parse(cx, input, accepted)
            });

            Ok(())
        };

        if let Err(error) = fill.parse2(list.tokens.clone()) {
            cx.syn(error);
        }
    }
    given
}

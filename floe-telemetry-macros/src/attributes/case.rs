//! The cases of `rename_all`.

use syn::LitStr;

use crate::{ctxt::Ctxt, words};

/// Converts the name of a variant.
pub(super) type Case = fn(&str) -> String;

/// The cases and their results are serde's, so that a value is the same in JSON and in an attribute.
const ALL: &[(&str, Case)] = &[
    ("lowercase", str::to_ascii_lowercase),
    ("UPPERCASE", str::to_ascii_uppercase),
    ("PascalCase", str::to_owned),
    ("camelCase", camel),
    ("snake_case", snake),
    ("SCREAMING_SNAKE_CASE", |name| snake(name).to_ascii_uppercase()),
    ("kebab-case", |name| snake(name).replace('_', "-")),
    ("SCREAMING-KEBAB-CASE", |name| snake(name).to_ascii_uppercase().replace('_', "-")),
];

pub(super) fn parse(cx: &Ctxt, text: &LitStr) -> Option<Case> {
    let name = text.value();
    let found = ALL.iter().find(|(word, _)| *word == name);
    if found.is_none() {
        cx.error(text, words::unknown("case", &name, ALL.iter().map(|(word, _)| *word)));
    }

    found.map(|(_, case)| *case)
}

fn camel(name: &str) -> String {
    let mut camel = name.to_owned();
    if let Some(first) = camel.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    camel
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if index > 0 && letter.is_uppercase() {
            snake.push('_');
        }

        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

//! Formats error messages, and checks keys and repetitions.

use std::collections::HashSet;

use floe_semconv::nearest;
use syn::LitStr;

use crate::ctxt::Ctxt;

pub(crate) fn unknown<'a>(
    what: &str,
    found: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> String {
    let words: Vec<_> = words.into_iter().collect();
    // `SpanKind::Client`, `DEBUG` and `"debug"` are how other libraries write it.
    let last = found.trim_matches('"').rsplit("::").next().unwrap_or(found).to_lowercase();
    let guess = nearest(&last, &words).map(|word| {
        let is_quoted = found.starts_with('"');
        if is_quoted {
            format!("; write `{word}` without quotes")
        } else {
            format!("; did you mean `{word}`?")
        }
    });
    let guess = guess.unwrap_or_default();

    format!("unknown {what} `{found}`, expected {}{guess}", one_of(&words))
}

/// Lists the words in backticks after "one of". A single word stands alone.
pub(crate) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match &*quoted {
        [word] => word.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

/// Checks that a key or a prefix consists of words separated by dots, as in OpenTelemetry's conventions.
pub(crate) fn check_key(cx: &Ctxt, what: &str, text: &LitStr) {
    let key = text.value();
    let mistake = if key.split('.').any(str::is_empty) {
        "has an empty part"
    } else if key.contains(char::is_whitespace) {
        "has a space"
    } else {
        return;
    };

    cx.error(text, format_args!("this {what} {mistake}, write it as in `alert.channel`"));
}

pub(crate) fn check_twice<'a>(cx: &Ctxt, what: &str, texts: impl Iterator<Item = &'a LitStr>) {
    let mut seen = HashSet::new();
    for text in texts {
        if !seen.insert(text.value()) {
            cx.error(text, format_args!("{what} `{}` is given twice", text.value()));
        }
    }
}

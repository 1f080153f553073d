//! Arguments of the `instrument` attribute of `tracing`, which a user may write out of habit.

use proc_macro2::Ident;
use syn::{
    parse::{ParseBuffer, ParseStream},
    token::Paren,
};

/// What to write instead of `word`, which `input` begins with.
pub(super) fn advice(word: &Ident, input: ParseStream<'_>) -> Option<&'static str> {
    let word = word.to_string();
    Some(match word.as_str() {
        "err" => "`err` is not needed: `#[traced]` records every `Err` that the function returns",
        "ret" => {
            "`ret` does not exist: record what is needed of the result in the body, with \
             `floe_telemetry::get_current_span().set_attribute(…)`"
        }
        "skip_all" => NOTHING_TO_SKIP,
        "skip" if has_list(input) => NOTHING_TO_SKIP,
        "fields" => "`fields(…)` is written `attributes(key = value, …)`",
        "target" => {
            "the target is the path of the module; for another instrumentation scope write \
             `tracer = \"acme.billing\"`"
        }
        "follows_from" => "`follows_from` is written `links = [span_context]`",
        _ => return None,
    })
}

const NOTHING_TO_SKIP: &str = "there is nothing to skip: `#[traced]` records only the arguments that \
                               `attributes(…)` names";

/// Whether the word is followed by parentheses.
fn has_list(input: ParseStream<'_>) -> bool {
    let ahead: ParseBuffer<'_> = input.fork();
    ahead.parse::<Ident>().is_ok() && ahead.peek(Paren)
}

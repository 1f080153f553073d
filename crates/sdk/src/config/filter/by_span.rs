//! Directives by span and field, which `tracing_subscriber` understands.

use tracing_subscriber::filter::Directive;

use super::BY_SPAN;

/// The maximum size of a directive, which may contain a regular expression, in bytes.
const MAX_BYTES: usize = 1024;

/// Fails if `directive` cannot be parsed. `text` is the user's spelling.
pub(super) fn check(text: &str, directive: &str) -> Result<(), String> {
    // `EnvFilter` takes an unmatched bracket for a part of a target.
    let (selected, _) = directive.rsplit_once('=').unwrap_or_default();
    let target = selected.split_once('[').map(|(target, _)| target);
    let is_by_span = selected.ends_with(']') && target.is_some_and(|it| !it.contains(BY_SPAN));
    let is_short = directive.len() <= MAX_BYTES;
    if is_by_span && is_short && directive.parse::<Directive>().is_ok() {
        return Ok(());
    }
    Err(format!(
        "expected `target[span{{field=value}}]=level` with at most {MAX_BYTES} bytes, of which target, span, field and \
         value may be left out, found `{text}`"
    ))
}

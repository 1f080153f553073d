//! The span filter: directives that select spans by target and level.
//!
//! The target is the path of the module, as in `tracing`, and not the name in `tracer = "…"`: with both, two
//! directives could contradict each other for one function. A span of a `Tracer` has no function, so the
//! tracer's name is its target. Spans of `tracing` are filtered by `tracing`'s own filters only.

use floe_yaml::one_of;

/// The names of the levels, in ascending order of verbosity; 0 records nothing.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The index of `trace`, the level of a target that is listed without one.
const TRACE: u8 = 5;

/// A target, which is empty for all targets, and the most verbose level that is recorded, as a number: 0 is
/// `off`, 1 `error`, 5 `trace`.
pub(crate) type Directive = (String, u8);

/// Parses directives such as `info,my_crate::db=debug,hyper=off`.
///
/// # Errors
///
/// The error contains the invalid directive and what is accepted.
pub(crate) fn parse_span_filter(text: &str) -> Result<Vec<Directive>, String> {
    text.split(',').map(str::trim).map(directive).collect()
}

/// Parses one directive.
pub(super) fn directive(text: &str) -> Result<Directive, String> {
    let is_target = |target: &str| !target.is_empty() && !target.contains(char::is_whitespace);
    match text.split_once('=') {
        Some((target, level)) if is_target(target.trim()) => {
            let most = verbosity(level.trim()).ok_or_else(|| unknown(text, level.trim()))?;
            Ok((target.trim().to_owned(), most))
        }
        Some(_) => Err(unknown(text, "")),
        None => match verbosity(text) {
            Some(most) => Ok((String::new(), most)),
            // A misspelt level would be a target, and all other targets would be off.
            None if is_target(text) && similar_level(text).is_none() => {
                Ok((text.to_owned(), TRACE))
            }
            None => Err(unknown(text, text)),
        },
    }
}

fn verbosity(word: &str) -> Option<u8> {
    let word = if word.eq_ignore_ascii_case("warning") {
        "warn"
    } else {
        word
    };
    let at = LEVELS
        .iter()
        .position(|level| level.eq_ignore_ascii_case(word))?;
    u8::try_from(at).ok()
}

/// Returns the level that a misspelt word probably means.
fn similar_level(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    LEVELS
        .into_iter()
        .find(|level| strsim::osa_distance(&word, level) == 1)
}

fn unknown(directive: &str, word: &str) -> String {
    let similar =
        similar_level(word).map_or(String::new(), |level| format!("; did you mean `{level}`?"));
    format!(
        "expected directives with commas between: a level, `target=level` \
         or a target, found `{directive}`; a level is {}{similar}",
        one_of(&LEVELS)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_those_of_tracing() {
        let filter = parse_span_filter(" Info, my_crate::db = DEBUG,hyper=off,orders,x=warning");
        let expected = [
            ("", 3),
            ("my_crate::db", 4),
            ("hyper", 0),
            ("orders", 5),
            ("x", 2),
        ];
        assert_eq!(
            filter.unwrap(),
            expected.map(|(target, most)| (target.to_owned(), most))
        );
    }

    #[test]
    fn a_directive_that_is_not_accepted_is_quoted() {
        for (text, message) in [
            ("", "or a target, found ``"),
            ("info,", "or a target, found ``"),
            ("info,=debug", "found `=debug`"),
            ("orders=loud", "found `orders=loud`"),
            ("orders=debgu", "did you mean `debug`?"),
            ("inof", "found `inof`"),
            ("inof", "did you mean `info`?"),
            ("two words", "found `two words`"),
        ] {
            let error = parse_span_filter(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}

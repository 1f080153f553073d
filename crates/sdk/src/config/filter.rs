//! Filters by target and level, for `FLOE_SPAN_FILTER`, log lines and `RUST_LOG`, all in the syntax of `RUST_LOG`. A
//! filter for spans is a short form of [rules](super::SamplingRule).
//!
//! The target of a function's span is its module path, as in `tracing`. The name in `tracer = "…"` is not a second
//! target, because two directives could then contradict each other about one function.

use crate::suggest::{did_you_mean, misspelled, one_of};

/// The names of the levels, in ascending order of verbosity.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The names of levels in Python, which the configuration of the floe platform uses, too, and their verbosity.
const OTHER_NAMES: [(&str, u8); 2] = [("critical", 1), ("warning", 2)];

/// The index of `trace`, which is the level of a target that is listed without a level.
const TRACE: u8 = 5;

/// Characters of directives by span or field, which only `EnvFilter` of `tracing_subscriber` applies.
const BY_SPAN: [char; 4] = ['[', ']', '{', '}'];

/// A target, or an empty text for all targets, and the most verbose level that is recorded, as an index of `LEVELS`.
pub(crate) type Directive = (String, u8);

/// Parses directives such as `info,my_crate::db=debug,hyper=off`.
///
/// # Errors
///
/// The error contains the invalid directive and the accepted syntax.
pub fn parse_filter(text: &str) -> Result<Vec<Directive>, String> {
    let parts = text.split(',').map(str::trim);
    let directives: Vec<_> =
        parts.filter(|part| !part.is_empty()).map(directive).collect::<Result<_, _>>()?;
    if directives.is_empty() {
        return Err(unknown(text, ""));
    }
    Ok(directives)
}

/// Parses the levels of log lines: directives, at least one of which names a level. Otherwise a misspelled level would
/// be taken for a target, and all other targets would be off.
///
/// # Errors
///
/// Fails like [`parse_filter`], and if no directive names a level.
pub(crate) fn parse_levels(text: &str) -> Result<Vec<Directive>, String> {
    let directives = parse_filter(text)?;
    if text.contains('=') || directives.iter().any(|(target, _)| target.is_empty()) {
        return Ok(directives);
    }
    Err(format!(
        "expected a level or `target=level`, found `{text}`; a level is {}",
        one_of(&LEVELS)
    ))
}

pub(super) fn directive(text: &str) -> Result<Directive, String> {
    if text.contains(BY_SPAN) {
        return Err(format!(
            "expected a level, `target=level` or a target, found `{text}`, which filters by span or field"
        ));
    }
    let is_target = |target: &str| !target.is_empty() && !target.contains(char::is_whitespace);
    match text.split_once('=') {
        Some((target, level)) if is_target(target.trim()) => {
            let most = verbosity(level.trim()).ok_or_else(|| unknown(text, level.trim()))?;
            Ok((target.trim().to_owned(), most))
        }
        Some(_) => Err(unknown(text, "")),
        None => match verbosity(text) {
            Some(most) => Ok((String::new(), most)),
            // A misspelled level would be taken for a target, and all other targets would be off.
            None if is_target(text) && misspelled(text, &LEVELS).is_none() => {
                Ok((text.to_owned(), TRACE))
            }
            None => Err(unknown(text, text)),
        },
    }
}

/// Returns the text of a filter.
pub(super) fn shown(filter: &[Directive]) -> String {
    let text = |(target, most): &Directive| {
        let level = LEVELS[usize::from(*most)];
        if target.is_empty() { level.to_owned() } else { format!("{target}={level}") }
    };
    filter.iter().map(text).collect::<Vec<_>>().join(",")
}

fn verbosity(word: &str) -> Option<u8> {
    let levels = LEVELS.into_iter().zip(0..).chain(OTHER_NAMES);
    let mut named = levels.filter(|(name, _)| name.eq_ignore_ascii_case(word));
    named.next().map(|(_, most)| most)
}

fn unknown(directive: &str, word: &str) -> String {
    format!(
        "expected directives separated by commas: a level, `target=level` \
         or a target, found `{directive}`; a level is {}{}",
        one_of(&LEVELS),
        did_you_mean(misspelled(word, &LEVELS)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_have_the_syntax_of_tracing() {
        let filter =
            parse_filter(" Info, my_crate::db = DEBUG,hyper=off,,orders,x=warning,y=Critical,");
        let expected =
            [("", 3), ("my_crate::db", 4), ("hyper", 0), ("orders", 5), ("x", 2), ("y", 1)];
        assert_eq!(filter.unwrap(), expected.map(|(target, most)| (target.to_owned(), most)));
    }

    #[test]
    fn a_directive_that_is_not_accepted_is_quoted() {
        for (text, message) in [
            ("", "or a target, found ``"),
            (" , ", "or a target, found ` , `"),
            ("info,=debug", "found `=debug`"),
            ("orders=loud", "found `orders=loud`"),
            ("orders=debgu", "did you mean `debug`?"),
            ("inof", "found `inof`"),
            ("inof", "did you mean `info`?"),
            ("two words", "found `two words`"),
            ("info,[span]=off", "found `[span]=off`, which filters by"),
        ] {
            let error = parse_filter(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn log_levels_contain_at_least_one_level() {
        for text in ["TRACE", "off", "info,hyper", "hyper=warn", "warning"] {
            assert_eq!(parse_levels(text), parse_filter(text), "{text}");
        }
        for text in ["loud", "orders,hyper", "FATAL"] {
            let error = parse_levels(text).unwrap_err();
            let message =
                format!("expected a level or `target=level`, found `{text}`; a level is ");
            assert!(error.starts_with(&message), "{error}");
        }
        let error = parse_levels("wran").unwrap_err();
        assert!(error.ends_with("did you mean `warn`?"), "{error}");
    }
}

//! The regular expressions with which a program redacts text.

use std::ops::Range;

use regex::RegexBuilder;

/// The maximum number of bytes of a pattern.
const MAX_PATTERN: usize = 1024;

/// The maximum number of bytes of a compiled pattern.
const MAX_COMPILED: usize = 1 << 20;

pub(super) fn check(pattern: &str) -> Result<(), String> {
    if pattern.len() > MAX_PATTERN {
        let found = pattern.len();
        return Err(format!("is too long: expected at most {MAX_PATTERN} bytes, found {found}"));
    }
    let expression = regex_syntax::parse(pattern).map_err(|error| explain(&error))?;
    if expression.properties().minimum_len() == Some(0) {
        return Err(
            "matches the empty text, expected a pattern that matches at least one character"
                .to_owned(),
        );
    }
    Ok(())
}

fn explain(error: &regex_syntax::Error) -> String {
    let (reason, position) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start),
        other => return format!("is not a regular expression: {other}"),
    };
    let at = match position.line {
        1 => format!("character {}", position.column),
        line => format!("line {line}, character {}", position.column),
    };
    format!("is not a regular expression: at {at}: {reason}")
}

/// Returns a function that finds the first match of a pattern from a position in a text.
///
/// # Errors
///
/// The message describes the mistake in the pattern.
pub(crate) fn compile(
    pattern: &str,
) -> Result<impl Fn(&str, usize) -> Option<Range<usize>> + Send + Sync + use<>, String> {
    let compiled = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build();
    let regex = compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            format!("is too large, expected at most {MAX_COMPILED} bytes compiled")
        }
        error => format!("is not a regular expression: {error}"),
    })?;
    Ok(move |text: &str, from| regex.find_at(text, from).map(|found| found.range()))
}

#[cfg(test)]
mod tests {
    use super::super::redaction::RedactionConfig;
    use crate::collector::Policies;

    #[test]
    fn a_pattern_that_compiles_to_too_much_is_refused() {
        let config = RedactionConfig {
            patterns: ["ok", r"\w{500}{20}"].map(str::to_owned).into(),
            ..RedactionConfig::default()
        };
        let error = Policies::compile(&config).unwrap_err();
        assert_eq!(
            error.to_string(),
            r"redaction.patterns.1: `\w{500}{20}` is too large, expected at most 1048576 bytes compiled"
        );
    }
}

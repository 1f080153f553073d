//! Durations of the command line.

use std::fmt;

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseDurationError {
    found: String,
}

impl fmt::Display for ParseDurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.found;
        write!(f, "expected a duration as `10ms`, `1.5s` or `2min`, found `{found}`")
    }
}

impl std::error::Error for ParseDurationError {}

/// Reads a duration: a number with `ns`, `us`, `µs`, `ms`, `s` or `min`, as `10ms` or `1.5 s`, in nanoseconds.
///
/// # Errors
/// The text is no duration.
pub fn parse_duration(text: &str) -> Result<u64, ParseDurationError> {
    parse(text.trim()).ok_or_else(|| ParseDurationError { found: text.trim().to_owned() })
}

fn parse(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let number: f64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "min" => 60e9,
        "" if number == 0.0 => 1.0,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and saturates"
    )]
    let nanos = (number * factor) as u64;
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, nanos) in [
            ("10ms", 10_000_000),
            ("1.5 s", 1_500_000_000),
            ("0", 0),
            ("2min", 120_000_000_000),
            ("3µs", 3000),
        ] {
            assert_eq!(parse_duration(text), Ok(nanos));
        }
        for text in ["", "ms", "10", "1e3s", "-1s", "5 weeks"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}

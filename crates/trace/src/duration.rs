//! Durations of the command line.

/// Reads a duration: a number with `ns`, `us`, `µs`, `ms`, `s` or `min`, as `10ms` or `1.5 s`, in nanoseconds.
///
/// # Errors
/// It is none.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let expected = || format!("expected a duration as `10ms`, `1.5s` or `2min`, found `{text}`");
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| expected())?;
    let factor = match unit.trim() {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "min" => 60e9,
        "" if number == 0.0 => 1.0,
        _ => return Err(expected()),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and saturates"
    )]
    let nanos = (number * factor) as u64;
    Ok(nanos)
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

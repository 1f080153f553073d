//! Durations as text.

/// Returns a duration with at most three digits, such as `12.3 ms`, or from a minute on as `2 min 5 s`, `3 h 4 min` or
/// `2 d 5 h`.
pub fn duration(nanos: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = nanos as f64;
    let (value, unit) = match nanos {
        0 => return "0".to_owned(),
        1..1_000 => (number, "ns"),
        1_000..999_500 => (number / 1e3, "µs"),
        999_500..999_500_000 => (number / 1e6, "ms"),
        999_500_000..60_000_000_000 => (number / 1e9, "s"),
        _ => {
            let seconds = nanos / 1_000_000_000;
            let (unit, name, part, of) = match seconds {
                0..3600 => (60, "min", 1, "s"),
                3600..86_400 => (3600, "h", 60, "min"),
                _ => (86_400, "d", 3600, "h"),
            };

            let whole = seconds / unit;
            let rest = seconds % unit / part;

            // A remainder of zero is left out, because round numbers are easier to read on an axis.
            return match rest {
                0 => format!("{whole} {name}"),
                _ => format!("{whole} {name} {rest} {of}"),
            };
        }
    };

    // Each limit is the value from which rounding yields one more digit.
    let digits = match value {
        _ if unit == "ns" => 0,
        9.995..99.95 => 1,
        99.95.. => 0,
        _ => 2,
    };

    let number = format!("{value:.digits$}");
    let is_fraction = number.contains('.');
    let short =
        if is_fraction { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    format!("{short} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        for (nanos, text) in [
            (0, "0"),
            (1, "1 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (1_234, "1.23 µs"),
            (12_345, "12.3 µs"),
            (999_400, "999 µs"),
            (999_600, "1 ms"),
            (9_999_000, "10 ms"),
            (200_000_000, "200 ms"),
            (1_500_000_000, "1.5 s"),
            (125_000_000_000, "2 min 5 s"),
            (120_000_000_000, "2 min"),
            (7_260_000_000_000, "2 h 1 min"),
            (100_000_000_000_000, "1 d 3 h"),
            (7 * 86_400_000_000_000, "7 d"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }
}

//! Durations as text.

/// Returns a duration of nanoseconds with three significant digits: `12.3 ms`; from a minute on as `2 min 5 s`.
#[must_use]
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
            return match seconds {
                0..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
                _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
            };
        }
    };
    // What is rounded to more digits belongs to the next ones.
    let digits = match value {
        _ if unit == "ns" => 0,
        9.995..99.95 => 1,
        99.95.. => 0,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    // A round number is easier to read on an axis.
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} {unit}")
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
            (7_260_000_000_000, "2 h 1 min"),
        ] {
            assert_eq!(duration(nanos), text);
        }
    }
}

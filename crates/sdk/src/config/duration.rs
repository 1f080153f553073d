//! Durations in documents: `2s`, `500ms`, or a number of seconds.

use std::time::Duration;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serializer};

/// The units with their nanoseconds.
const UNITS: [(&str, f64); 7] =
    [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("", 1e9), ("m", 60e9), ("h", 3600e9)];

/// The replacement of a timeout of 0, which means no limit: 24 days, in milliseconds.
pub(super) const NO_LIMIT: u64 = 2_147_483_647;

/// Returns a timeout, in which 0 means no limit.
pub(super) const fn without_limit(timeout: u64) -> u64 {
    if timeout == 0 { NO_LIMIT } else { timeout }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    read(&text).map(Some).ok_or_else(|| {
        D::Error::custom(format_args!(
            "expected a duration such as `2s` or `500ms` (units are ns, us, ms, s, m and h), or a number of seconds, found `{text}`"
        ))
    })
}

/// Serializes a duration in the largest of s, ms, us and ns in which it is a whole number.
#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
pub(super) fn serialize<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_str(&write(*duration)),
        None => serializer.serialize_none(),
    }
}

fn write(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    for (unit, each) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)] {
        if nanoseconds.is_multiple_of(each) {
            return format!("{}{unit}", nanoseconds / each);
        }
    }
    format!("{nanoseconds}ns")
}

fn read(text: &str) -> Option<Duration> {
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[number.len()..];
    let (_, each) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number: f64 = number.trim_end().parse().ok()?;
    Duration::try_from_secs_f64(number * each / 1e9).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units() {
        for (text, milliseconds) in [
            ("2s", 2000),
            ("2", 2000),
            ("500ms", 500),
            ("1.5s", 1500),
            ("2 m", 120_000),
            ("1h", 3_600_000),
            ("2000us", 2),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in ["", "s", "-2s", "2 days", "NaNs", "infs", "1e300h", "2ß"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(nanoseconds in 0_u64..1_000_000_000_000_000) {
            let duration = Duration::from_nanos(nanoseconds);
            prop_assert_eq!(read(&write(duration)), Some(duration));
        }
    }
}

//! How old the newest value of a column is.

use floe_plugin::table::Value;
use jiff::civil::DateTime;
use jiff::fmt::friendly::{Designator, Spacing, SpanPrinter};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRound, Timestamp, Unit};

/// From this age on, it is told in days.
const DAYS: SignedDuration = SignedDuration::from_hours(48);

/// The age of a value, and the words for both. A value from the future is new; what is no date and no timestamp has
/// only words.
pub(super) fn age(newest: &Value<'_>, now: Timestamp) -> (Option<SignedDuration>, String) {
    let found = match newest {
        Value::Null => return (None, "no value".to_owned()),
        Value::Text(text) => match time(text) {
            Some(time) => time,
            // Not the text itself: it is a value of a row.
            None => return (None, "a text that is no date or timestamp".to_owned()),
        },
        Value::Integer(_) | Value::Real(_) => {
            return (None, "a number, expected a date or a timestamp".to_owned());
        }
        _ => return (None, "bytes, expected a date or a timestamp".to_owned()),
    };
    let age = now.duration_since(found);
    let words = match words(age) {
        Some(words) if age.is_positive() => format!("{found}, {words} old"),
        _ => found.to_string(),
    };
    (Some(age.max(SignedDuration::ZERO)), words)
}

/// A date is its first moment. A time without an offset is in UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let time: DateTime = text.parse().ok()?;
        // The last day of the year 9999, which stands for the end of time in many tables, is not a timestamp everywhere.
        let end = if time.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
        Some(TimeZone::UTC.to_timestamp(time).unwrap_or(end))
    })
}

fn words(age: SignedDuration) -> Option<String> {
    let (largest, smallest) = match age {
        _ if age >= DAYS => (Unit::Day, Unit::Day),
        _ if age.as_hours() > 0 => (Unit::Hour, Unit::Minute),
        _ => (Unit::Minute, Unit::Second),
    };
    let round = SpanRound::new().largest(largest).smallest(smallest);
    let round = round.mode(jiff::RoundMode::Trunc).days_are_24_hours();
    let span = Span::try_from(age).and_then(|span| span.round(round));
    let printer = SpanPrinter::new()
        .designator(Designator::Verbose)
        .spacing(Spacing::BetweenUnitsAndDesignators);
    span.ok().map(|span| printer.span_to_string(&span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_with_the_value() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        let hours = |hours| Some(SignedDuration::from_hours(hours));
        for (newest, age, words) in [
            (Value::Text("2026-11-20"), hours(132), "2026-11-20T00:00:00Z, 5 days old"),
            (Value::Text("2026-11-20 12:00:00"), hours(120), "2026-11-20T12:00:00Z, 5 days old"),
            (
                Value::Text("2026-11-24T11:30:00"),
                Some(SignedDuration::from_mins(1470)),
                "2026-11-24T11:30:00Z, 24 hours 30 minutes old",
            ),
            (Value::Text("2026-11-25 12:00:00+01"), hours(1), "2026-11-25T11:00:00Z, 1 hour old"),
            (
                Value::Text("2026-11-25T11:59:30.5Z"),
                Some(SignedDuration::from_millis(29_500)),
                "2026-11-25T11:59:30.5Z, 29 seconds old",
            ),
            (Value::Text("2026-11-25T12:00:00Z"), hours(0), "2026-11-25T12:00:00Z"),
            (Value::Text("2999-01-01"), hours(0), "2999-01-01T00:00:00Z"),
            (Value::Null, None, "no value"),
            (Value::Text("soon"), None, "a text that is no date or timestamp"),
            (Value::Text("2026-13-01"), None, "a text that is no date or timestamp"),
            (Value::Integer(1_764_072_000), None, "a number, expected a date or a timestamp"),
            (Value::Text("9999-12-31"), hours(0), "9999-12-30T22:00:00.999999999Z"),
        ] {
            assert_eq!(super::age(&newest, now), (age, words.to_owned()), "{newest:?}");
        }
    }
}

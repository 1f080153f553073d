//! Formats the timestamp of a record: ISO 8601, UTC, with microseconds.

use std::fmt::Write as _;
use std::time::SystemTime;

use time::OffsetDateTime;

#[derive(Debug)]
pub(super) struct Timestamp {
    second: Option<u64>,
    text: String,
}

/// The position of the microseconds in the text.
const MICROS: usize = "0000-00-00T00:00:00.".len();

impl Timestamp {
    pub(super) const fn new() -> Self {
        Self { second: None, text: String::new() }
    }

    /// Formats a time. Times before 1970 are clamped to 1970.
    pub(super) fn format(&mut self, time: SystemTime) -> &str {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if self.second != Some(since.as_secs()) {
            self.second = Some(since.as_secs());
            self.begin(since.as_secs());
        }
        self.text.truncate(MICROS);
        // Writing to memory cannot fail.
        let _ = write!(self.text, "{:06}Z", since.subsec_micros());
        &self.text
    }

    fn begin(&mut self, second: u64) {
        let second = i64::try_from(second).unwrap_or(i64::MAX);
        let at = OffsetDateTime::from_unix_timestamp(second).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let year = at.year();
        let month = u8::from(at.month());
        let day = at.day();
        let (hour, minute, second) = at.to_hms();
        self.text.clear();
        let _ =
            write!(self.text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_format_is_iso_8601_in_utc() {
        let mut timestamp = Timestamp::new();
        let mut at = |seconds, micros| {
            let since = Duration::from_secs(seconds) + Duration::from_micros(micros);
            timestamp.format(SystemTime::UNIX_EPOCH + since).to_owned()
        };
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(951_827_696, 123_456), "2000-02-29T12:34:56.123456Z");
        assert_eq!(at(951_827_696, 7), "2000-02-29T12:34:56.000007Z");
        assert_eq!(at(1_795_181_546, 999_999), "2026-11-20T13:32:26.999999Z");
        // The `time` crate cannot represent this year.
        assert_eq!(at(u64::from(u32::MAX) * 1000, 5), "1970-01-01T00:00:00.000005Z");
    }

    #[test]
    fn a_time_before_the_epoch_is_clamped() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Timestamp::new().format(before), "1970-01-01T00:00:00.000000Z");
    }
}

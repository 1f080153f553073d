//! Formats the timestamp of a record: ISO 8601, UTC, with microseconds.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, SystemTime};

#[derive(Debug)]
pub(super) struct Timestamp {
    second: Option<u64>,
    text: String,
}

/// The position of the microseconds in the text.
const MICROS: usize = "0000-00-00T00:00:00.".len();

/// The last second of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

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
        let known = if second <= LAST_SECOND { second } else { 0 };
        // As in `Sun, 06 Nov 1994 08:49:37 GMT`.
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(known));
        let part = |range: Range<usize>| date.get(range).unwrap_or_default();
        let month = MONTHS.find(part(8..11)).unwrap_or_default() / 3 + 1;
        self.text.clear();
        let _ = write!(self.text, "{}-{month:02}-{}T{}.", part(12..16), part(5..7), part(17..25));
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(at(LAST_SECOND, 5), "9999-12-31T23:59:59.000005Z");
        assert_eq!(at(LAST_SECOND + 1, 5), "1970-01-01T00:00:00.000005Z");
    }

    #[test]
    fn a_time_before_the_epoch_is_clamped() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Timestamp::new().format(before), "1970-01-01T00:00:00.000000Z");
    }
}

//! Times as protocols write them.

use std::time::SystemTime;

use time::OffsetDateTime;

/// A time in UTC with milliseconds, in the form of RFC 3339.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let at = SystemTime::UNIX_EPOCH + Duration::from_millis(951_782_400_007);
/// assert_eq!(floe_plugin::rfc3339(at), "2000-02-29T00:00:00.007Z");
/// ```
pub fn rfc3339(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    let millis = at.millisecond();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

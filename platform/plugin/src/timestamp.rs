//! Times in the format of RFC 3339.

use std::time::SystemTime;

use jiff::Timestamp;

/// Formats a time in UTC with milliseconds, as in RFC 3339.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let at = SystemTime::UNIX_EPOCH + Duration::from_millis(951_782_400_007);
/// assert_eq!(floe_plugin::rfc3339(at), "2000-02-29T00:00:00.007Z");
/// ```
pub fn rfc3339(at: SystemTime) -> String {
    // The format has no times after the year 9999.
    let at = Timestamp::try_from(at).unwrap_or(Timestamp::MAX);
    format!("{at:.3}")
}

//! The text of an error, and no more of it than is looked at.

use std::fmt::{self, Write as _};

/// Bytes of an error's text that are looked at. Far more than the 500 characters that are kept
/// after redaction, so that redaction sees whole tokens.
pub(super) const MAX_TEXT: usize = 16 * 1024;

/// The text of `value`, cut at [`MAX_TEXT`] bytes.
pub(super) fn bounded(value: &dyn fmt::Display) -> String {
    struct Bounded(String);

    impl fmt::Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = MAX_TEXT - self.0.len();
            if text.len() <= room {
                self.0.push_str(text);
                return Ok(());
            }
            self.0.push_str(&text[..text.floor_char_boundary(room)]);
            // Tells the formatter to stop: what follows would be thrown away.
            Err(fmt::Error)
        }
    }

    let mut text = Bounded(String::new());
    let _ = write!(text, "{value}");
    text.0
}

//! What a log record says, made safe: on the caller's thread, because the line is written there.

use opentelemetry::Key as OtelKey;

use super::Redactor;
use crate::sanitizer::KeyMeaning;

/// Keys under which programs log what an error says.
const ERRORS: [&str; 2] = ["error", "err"];

impl Redactor {
    /// The message, if it is not safe as it is. It quotes what the program was given, as errors do.
    pub(crate) fn log_message(&self, text: &str) -> Option<String> {
        self.redaction.error_text(text)
    }

    /// A name that comes again and again, a key or a target, if it is not safe as it is.
    pub(crate) fn log_name(&mut self, name: &str) -> Option<&OtelKey> {
        self.keys.get(name, &self.redaction).safe.as_ref()
    }

    /// The text of a field, if it is not safe as it is.
    pub(crate) fn log_text(&mut self, key: &str, text: &str) -> Option<String> {
        let known = self.keys.get(key, &self.redaction);
        match known.meaning {
            KeyMeaning::Harmless if ERRORS.contains(&key) => self.redaction.error_text(text),
            _ => known.apply(text, &self.redaction),
        }
    }

    /// What stands for a number, if its key says that it is a secret.
    pub(crate) fn log_number(&mut self, key: &str) -> Option<&'static str> {
        let known = self.keys.get(key, &self.redaction);
        (known.meaning == KeyMeaning::Secret).then(|| self.redaction.hidden())
    }
}

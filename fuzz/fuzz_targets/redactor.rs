//! `Redactor` terminates for any bytes, and is idempotent; its findings are what it replaces; a password
//! in a line of its own is redacted, whatever the other lines contain.

#![no_main]

use floe_redact::{REDACTED, Redactor};

/// A value that occurs nowhere else.
const SECRET: &str = "Zq7vXk29PmLw";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let redactor = Redactor::new();
    let safe = redactor.redact(&text);
    assert_eq!(redactor.redact(&safe), safe, "again: {text:?}");
    let mut replaced = text.clone().into_owned();
    for finding in redactor.findings(&text).iter().rev() {
        replaced.replace_range(finding.range.clone(), REDACTED);
    }
    assert_eq!(replaced, safe, "findings: {text:?}");
    let cut = Redactor::builder().max_chars(500).build();
    assert!(cut.redact(&text).chars().count() <= 500);
    // The fuzzer learns the value, which is no secret where nothing announces it.
    if text.contains(SECRET) {
        return;
    }
    let message = format!("{text}\ndb_password={SECRET}\n{text}");
    assert!(!redactor.redact(&message).contains(SECRET), "{message:?}");
});

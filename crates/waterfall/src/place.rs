//! The place in the source code that a span comes from.

/// Returns `path:line`, or the path alone, from the attributes of OpenTelemetry's semantic conventions for source code.
/// Empty if a span has none.
#[must_use]
pub fn place(attribute: impl Fn(&str) -> Option<String>) -> String {
    let Some(path) = attribute("code.file.path") else {
        return String::new();
    };
    match attribute("code.line.number") {
        Some(line) => format!("{path}:{line}"),
        None => path,
    }
}

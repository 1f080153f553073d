//! The place of a span in the source code.

/// Returns `path:line`, or the path alone, from the attributes of OpenTelemetry's semantic conventions for source code;
/// empty without a path.
pub fn place(attribute: impl Fn(&str) -> Option<String>) -> String {
    let Some(path) = attribute("code.file.path") else {
        return String::new();
    };

    match attribute("code.line.number") {
        Some(line) => format!("{path}:{line}"),
        None => path,
    }
}

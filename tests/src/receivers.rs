//! Configuration files, and several receivers of one signal, which only a file of OpenTelemetry has.

use std::fs;

use tempfile::NamedTempFile;

/// A file with this text, which is removed when it is dropped.
///
/// # Panics
///
/// The file cannot be written.
pub fn document(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("a file");
    file
}

/// A file with these two exporters for each signal.
///
/// # Panics
///
/// The file cannot be written.
pub fn receivers(exporters: impl Fn(&str) -> [String; 2]) -> NamedTempFile {
    let list = |signal, kind: &str| {
        let [one, other] = exporters(signal);
        format!("[{{{kind}: {{exporter: {{{one}}}}}}}, {{{kind}: {{exporter: {{{other}}}}}}}]")
    };
    let (traces, logs) = (list("traces", "batch"), list("logs", "batch"));
    let metrics = list("metrics", "periodic");
    document(&format!(
        "file_format: '1.0'\ntracer_provider: {{processors: {traces}}}\nmeter_provider: {{readers: {metrics}}}\nlogger_provider: {{processors: {logs}}}\n"
    ))
}

/// A file with two receivers of all signals, over gRPC and over HTTP.
///
/// # Panics
///
/// The file cannot be written.
pub fn over_both(grpc: &str, http: &str) -> NamedTempFile {
    receivers(|signal| {
        [
            format!("otlp_grpc: {{endpoint: '{grpc}'}}"),
            format!("otlp_http: {{endpoint: '{http}/v1/{signal}'}}"),
        ]
    })
}

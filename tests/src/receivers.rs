//! Creates configuration files, also with two exporters for each signal, which only OpenTelemetry's format can express.

use std::fs;

use tempfile::NamedTempFile;

/// Creates a file with this text. The file is removed when the value is dropped.
///
/// # Panics
///
/// The file cannot be written.
pub fn document(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("a file");
    file
}

/// Creates a file with these two exporters for each signal.
///
/// # Panics
///
/// The file cannot be written.
pub fn receivers(exporters: impl Fn(&str) -> [String; 2]) -> NamedTempFile {
    let list = |signal, kind: &str| {
        let [one, other] = exporters(signal);
        format!("[{{{kind}: {{exporter: {{{one}}}}}}}, {{{kind}: {{exporter: {{{other}}}}}}}]")
    };
    let traces = list("traces", "batch");
    let logs = list("logs", "batch");
    let metrics = list("metrics", "periodic");
    document(&format!(
        "file_format: '1.0'\ntracer_provider: {{processors: {traces}}}\nmeter_provider: {{readers: {metrics}}}\nlogger_provider: {{processors: {logs}}}\n"
    ))
}

/// Creates a file with two receivers for all signals, one over gRPC and one over HTTP.
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

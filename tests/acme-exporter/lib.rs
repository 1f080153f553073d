//! An exporter in a crate of its own, and the macro call that registers it.

#![forbid(unsafe_code)]

use std::sync::LazyLock;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::exporter::{ExporterFactory, telemetry_exporter};

/// Keeps the spans that `acme_archive` has exported.
pub static ARCHIVE: LazyLock<MemoryExporter> = LazyLock::new(MemoryExporter::new);

telemetry_exporter!(ExporterFactory::new("acme_archive", &[Signal::Traces], |_, provider| {
    if provider.config().resource_attributes.service_name == "refused" {
        return Err("no archive at token=abcdefgh12345".into());
    }

    Ok(provider.with_span_exporter(ARCHIVE.clone()))
}));

//! The interface for the crates of OTLP, of the terminal, of metrics, of log records and of tests, grouped by the
//! modules of its items. It changes with every version.

pub mod collector {
    pub use crate::collector::{Backpressure, Collector, run};
    pub use crate::collector::{
        BatchBuilder, BatchExporter, BatchingDestination, CollectedExemplars, Counters,
        Destination, Ending, EnrichedSpan, Enricher, Exemplar, ExemplarValue, ExportFailure,
        ExporterId, OTHER_ERROR, RateLimited, Redactor, SharedAttributes, Worker, WorkerSettings,
        collect_exemplars, span_data_bytes,
    };
    pub use crate::collector::{
        BoundExemplars, Exemplars, Redaction, Shape, SpanMetrics, clear_exemplars,
        instrument_exemplars,
    };
}

pub mod config {
    pub use crate::TelemetryConfig;
    pub use crate::config::auth::check_header_name;
    pub use crate::config::endpoint::without_credentials;
    pub use crate::config::feature::{needed, needs};
    pub use crate::config::metrics::{DEFAULT_BOUNDARIES, DEFAULT_MAX_SCALE, DEFAULT_MAX_SIZE};
    pub use crate::config::secret::{
        Source as CredentialSource, reference as credential_reference,
    };
    pub use crate::config::{
        Compression, ConfiguredView, ExemplarFilter, HistogramKind, LogOutput, LoggingConfig,
        MetricsConfig, OtlpOptions, OtlpProtocol, Secret, Signal, TelemetryAuth,
    };
}

pub mod exporter {
    pub use crate::exporter::console::ConsoleExporters;
    pub use crate::exporter::otlp::OtlpExporters;
    pub use crate::exporter::plain::plain;
    pub use crate::exporter::target::OtlpTarget;
}

#[cfg(feature = "subscriber")]
pub mod init {
    pub use crate::init::subscriber::{LineFilter, LogLines, is_terminal, level_filter};
}

pub mod internal_log {
    pub use crate::internal_log::internal_log;
}

pub mod logs {
    pub use crate::logs::{
        ApiRecord, LogPipeline, LogRecord, LogRecordBatch, LogRecordSettings, LogRecords,
        LogSettings, LogValue, LogWorker, MAX_FIELDS, MAX_RAW, MAX_RECORD, MAX_TEXT,
        RecorderLogRecord, RecorderLogger, RecorderLoggerProvider, SpanIds,
    };
}

pub mod metrics {
    pub use crate::metrics::destination::MetricDestination;
    pub use crate::metrics::meters::{
        AddedMetrics, MeterProviders, ProgramView, ProviderMeters, observe, scope,
    };
    pub use crate::metrics::reporting::LastExport;
}

pub mod parts {
    pub use crate::parts::{OtlpFeatures, OtlpPart, Part};
}

pub mod regular_file {
    pub use crate::regular_file::read;
}

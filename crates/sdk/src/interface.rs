//! The interface for the crates of OTLP, the terminal, metrics, log records and tests, grouped by the modules of its
//! items. It changes with every version.

pub mod channel {
    pub use crate::channel::{Receiver, Sender, channel};
}

pub mod collector {
    pub use crate::collector::{
        BatchBuilder, BatchExporter, BoundExemplars, Counters, Destination, Ending, EnrichedSpan,
        Enricher, Exemplars, ExportFailure, ExporterId, RateLimited, Redaction, Redactor,
        SharedAttributes, SpanMetrics, WorkerSettings, span_data_bytes,
    };
    pub use crate::collector::{captured_spans, start_capture};
}

pub mod config {
    pub use crate::config::endpoint::without_credentials;
    pub use crate::config::feature::needs;
}

pub mod exporter {
    pub use crate::exporter::console::ConsoleExporters;
    pub use crate::exporter::otlp::OtlpExporters;
    pub use crate::exporter::plain::plain;
    pub use crate::exporter::target::OtlpTarget;
}

#[cfg(feature = "subscriber")]
pub mod init {
    pub use crate::init::subscriber::LogLines;
}

pub mod logs {
    pub use crate::logs::{
        Field, LogRecord, LogRecordSettings, LogRecords, LogSettings, LogValue, LogWorker, Place,
        SpanException, SpanIds, Stored, Target, ThreadPanic, note_panic, position,
    };
}

pub mod metrics {
    pub use crate::metrics::destination::{MetricDestination, ProgramView};
    pub use crate::metrics::sdk_metrics::observe;
    pub use crate::provider::metrics::Meters;
}

pub mod parts {
    pub use crate::parts::Part;
}

pub mod regular_file {
    pub use crate::regular_file::{read, shown};
}

pub mod unheard {
    pub use crate::unheard::without_subscriber;
}

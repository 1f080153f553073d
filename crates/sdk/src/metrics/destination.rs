//! An exporter or a reader of metrics, before the provider starts.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{Instrument, MeterProviderBuilder, PeriodicReader, Stream};

use super::reporting::{Guarded, LastExport, Reporting};
use crate::collector::{Counters, Ending, ExporterId};
use crate::config::{MetricsConfig, Signal};
use crate::program_signals;

/// A view that the program adds, in the form of OpenTelemetry's SDK.
pub type ProgramView = Box<dyn Fn(&Instrument) -> Option<Stream> + Send + Sync>;

type AddReader = Box<
    dyn FnOnce(MeterProviderBuilder, &MetricsConfig, Arc<Counters>) -> MeterProviderBuilder + Send,
>;

/// An exporter whose metric reader is created when the provider starts.
#[expect(missing_debug_implementations, reason = "not part of the public interface")]
pub struct MetricDestination(pub(crate) AddReader);

impl MetricDestination {
    /// Creates a destination with this exporter.
    ///
    /// If the exporter stores its failure in `last`, the library's metrics have the class of the failure.
    pub fn new(id: ExporterId, exporter: impl PushMetricExporter, last: LastExport) -> Self {
        Self(Box::new(move |builder, config, counters| {
            let export = counters.exports.create(id, Signal::Metrics);
            counters.exports.list(&export);
            let ended = Arc::<Ending>::default();
            let exporter = Reporting {
                export,
                temporality: exporter.temporality(),
                exporter,
                last,
                counters: Arc::clone(&counters),
                ended: Arc::clone(&ended),
            };
            let interval = Duration::from_millis(config.export_interval_millis);
            let reader = PeriodicReader::builder(exporter).with_interval(interval);
            let reader = program_signals::blocked(|| reader.build());
            builder.with_reader(Guarded { reader, end: Some((ended, counters)) })
        }))
    }

    pub(crate) fn of_reader<R: MetricReader>(reader: R) -> Self {
        Self(Box::new(|builder, _, counters| {
            counters.exports.add_reader(ExporterId::of::<R>().name.into_owned());
            builder.with_reader(Guarded { reader, end: None })
        }))
    }
}

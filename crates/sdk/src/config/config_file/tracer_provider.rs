//! The tracer provider: processors, exporters, limits and the sampler.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::exporter::{Exporter, Exporters};
use super::findings::{Findings, Nothing, Positive, below};
use super::sampler::Sampler;
use crate::config::batch::AT_ONCE;
use crate::config::batch::{
    BatchLogRecordProcessorConfig, BatchSpanProcessorConfig, MAX_QUEUE_SIZE,
};
use crate::config::duration::without_limit;
use crate::config::exporters::ExporterKind;
use crate::config::limits::{MAX_LOG_COUNT, MAX_SPAN_COUNT, SpanLimits as Limits};
use crate::config::otlp::Signal;
use crate::config::sampling::{Sampler as Kind, SharedSampler};
use crate::config::telemetry::TelemetryConfig;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TracerProvider {
    processors: Vec<Processor>,
    limits: Option<SpanLimits>,
    sampler: Option<Sampler>,
}

/// A processor of spans or log records.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Processor {
    Batch(Batch),
    Simple(Simple),
    EventToSpanEventBridge(Nothing),
    /// One that this program does not have, which was reported.
    Other(IgnoredAny),
}

/// The names of the processors that have a variant.
pub(super) const PROCESSORS: [&str; 3] = ["batch", "simple", "event_to_span_event_bridge"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    exporter: Exporter,
    schedule_delay: Option<u64>,
    export_timeout: Option<u64>,
    max_queue_size: Option<Positive>,
    max_export_batch_size: Option<Positive>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Simple {
    exporter: Exporter,
}

/// The limits of attributes that spans and log records have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttributeLimits {
    attribute_value_length_limit: Option<u32>,
    attribute_count_limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the schema has these names")]
struct SpanLimits {
    attribute_value_length_limit: Option<u32>,
    attribute_count_limit: Option<u32>,
    event_count_limit: Option<u32>,
    link_count_limit: Option<u32>,
    event_attribute_count_limit: Option<u32>,
    link_attribute_count_limit: Option<u32>,
}

impl TracerProvider {
    pub(super) fn apply(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        let mut exporters = Exporters::new(Signal::Traces, &mut config.otlp);
        let path = "tracer_provider.processors";
        let batch = processors(self.processors, path, &mut exporters, found);
        let kinds = exporters.kinds;
        config.exporters.traces = Some(kinds);
        config.batch_processor = batch.into_spans();
        if let Some(limits) = self.limits {
            limits.apply(&mut config.limits, found);
        }
        let Some(sampler) = self.sampler else {
            config.sampling.sampler = Some(Kind::ParentBasedAlwaysOn);
            return;
        };
        match sampler.of_recorder() {
            Some((sampler, ratio)) => {
                config.sampling.sampler = Some(sampler);
                config.sampling.sampler_arg = ratio;
            }
            None => config.sampling.of_file = Some(SharedSampler(Arc::new(sampler))),
        }
    }
}

/// The settings of a batch processor.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Settings {
    schedule_delay: Option<u64>,
    export_timeout: Option<u64>,
    max_queue_size: Option<usize>,
    max_export_batch_size: Option<usize>,
}

/// Applies settings to a structure of the configuration.
macro_rules! apply {
    ($settings:expr, $config:ident) => {{
        let mut config = $config::default();
        let own = $settings;
        config.max_queue_size = own.max_queue_size.unwrap_or(config.max_queue_size);
        let default = config.max_export_batch_size.min(config.max_queue_size);
        config.max_export_batch_size = own.max_export_batch_size.unwrap_or(default);
        let delay = own.schedule_delay.unwrap_or(config.schedule_delay_millis);
        config.schedule_delay_millis = delay;
        let timeout = own.export_timeout.unwrap_or(config.export_timeout_millis);
        config.export_timeout_millis = timeout;
        config
    }};
}

impl Settings {
    fn of(batch: &Batch) -> Self {
        Self {
            schedule_delay: batch.schedule_delay.map(|delay| delay.max(AT_ONCE)),
            export_timeout: batch.export_timeout.map(without_limit),
            max_queue_size: batch.max_queue_size.map(Positive::to_usize),
            max_export_batch_size: batch.max_export_batch_size.map(Positive::to_usize),
        }
    }

    /// Checks what our own configuration requires of sizes, which does not know their places.
    fn check(self, path: &str, found: &mut Findings<'_>) {
        let default = BatchSpanProcessorConfig::default().max_queue_size;
        let queue = self.max_queue_size.unwrap_or(default);
        if queue > MAX_QUEUE_SIZE {
            let message = format!("expected at most {MAX_QUEUE_SIZE}, found {queue}");
            found.refuse(&below(path, "max_queue_size"), message);
        }
        if let Some(batch) = self.max_export_batch_size.filter(|batch| *batch > queue) {
            let message =
                format!("expected at most max_queue_size, which is {queue}, found {batch}");
            found.refuse(&below(path, "max_export_batch_size"), message);
        }
    }

    pub(super) fn into_spans(self) -> BatchSpanProcessorConfig {
        apply!(self, BatchSpanProcessorConfig)
    }

    pub(super) fn into_logs(self) -> BatchLogRecordProcessorConfig {
        apply!(self, BatchLogRecordProcessorConfig)
    }
}

/// Adds the exporters of processors of spans or log records. All exporters of a signal have the same settings, those of
/// the first batch processor.
pub(super) fn processors(
    processors: Vec<Processor>,
    path: &str,
    exporters: &mut Exporters<'_>,
    found: &mut Findings<'_>,
) -> Settings {
    let mut settings = None;
    for (path, processor) in found.items(Some(processors), path) {
        let (path, exporter) = match processor {
            Processor::EventToSpanEventBridge(_) => {
                let path = below(&path, "event_to_span_event_bridge");
                found.ignore(&path, "events are exported as log records, not as events of spans");
                continue;
            }
            Processor::Other(_) => continue,
            Processor::Simple(simple) => (below(&path, "simple"), simple.exporter),
            Processor::Batch(batch) => {
                let path = below(&path, "batch");
                let own = Settings::of(&batch);
                own.check(&path, found);
                if *settings.get_or_insert(own) != own {
                    let reason = "the settings of the first batch processor are those of all exporters of the signal";
                    found.ignore(&path, reason);
                }
                (path, batch.exporter)
            }
        };
        exporters.add(&exporter, &below(&path, "exporter"), found);
    }
    if exporters.kinds.is_empty() {
        exporters.choose(ExporterKind::None);
    }
    settings.unwrap_or(Settings { schedule_delay: Some(AT_ONCE), ..Settings::default() })
}

impl AttributeLimits {
    /// Applies the limits to spans and log records.
    pub(super) fn apply_to_all(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        let (mut length, mut count) = (None, Limits::default().attribute_count);
        self.apply("attribute_limits", &mut length, &mut count, MAX_SPAN_COUNT, found);
        let (spans, logs) = (&mut config.limits, &mut config.log_record_limits);
        spans.attribute_value_length = length.or(spans.attribute_value_length);
        logs.attribute_value_length = length;
        (spans.attribute_count, logs.attribute_count) = (count, count.min(MAX_LOG_COUNT));
    }

    pub(super) fn apply(
        &self,
        path: &str,
        length: &mut Option<u32>,
        count: &mut u32,
        most: u32,
        found: &mut Findings<'_>,
    ) {
        *length = self.attribute_value_length_limit.or(*length);
        let path = below(path, "attribute_count_limit");
        set_count(self.attribute_count_limit, &path, count, most, found);
    }
}

impl SpanLimits {
    fn apply(self, limits: &mut Limits, found: &mut Findings<'_>) {
        let length = self.attribute_value_length_limit;
        limits.attribute_value_length = length.or(limits.attribute_value_length);
        for (key, found_count, count) in [
            ("attribute_count_limit", self.attribute_count_limit, &mut limits.attribute_count),
            ("event_count_limit", self.event_count_limit, &mut limits.event_count),
            ("link_count_limit", self.link_count_limit, &mut limits.link_count),
        ] {
            let path = below("tracer_provider.limits", key);
            set_count(found_count, &path, count, MAX_SPAN_COUNT, found);
        }
        for (found_count, count) in [
            (self.event_attribute_count_limit, &mut limits.attribute_count_per_event),
            (self.link_attribute_count_limit, &mut limits.attribute_count_per_link),
        ] {
            *count = found_count.unwrap_or(*count);
        }
    }
}

fn set_count(value: Option<u32>, path: &str, count: &mut u32, most: u32, found: &mut Findings<'_>) {
    let Some(value) = value else {
        return;
    };
    if value > most {
        found.ignore(path, &format!("at most {most} are recorded"));
    }
    *count = value.min(most);
}

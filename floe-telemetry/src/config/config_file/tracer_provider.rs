//! The tracer provider: processors, exporters, limits and the sampler.

use super::exporter::{Exporters, NO_LIMIT};
use super::properties::{Findings, Properties, Value, items};
use super::sampler::sampler;
use crate::config::batch::{BatchLogRecordProcessorConfig, BatchSpanProcessorConfig};
use crate::config::limits::{MAX_COUNT, SpanLimits};
use crate::config::otlp::Signal;
use crate::config::sampling::Sampler;
use crate::config::telemetry::TelemetryConfig;

/// The delay after which a processor exports that is not a batch processor, in milliseconds.
const AT_ONCE: u64 = 1;

/// Reads the tracer provider.
pub(super) fn read(value: &Value<'_>, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    let known = [
        "processors",
        "limits",
        "sampler",
        "id_generator",
        "tracer_configurator",
    ];
    let properties = value.properties(&known, found);
    properties.not_supported(&["id_generator", "tracer_configurator"], found);
    let mut exporters = Exporters::new(Signal::Traces, &mut config.otlp, &mut config.exporters);
    let batch = processors(&properties, value, &mut exporters, found);
    let kinds = exporters.kinds;
    config.exporters.traces = Some(kinds);
    config.batch_processor = batch.into_spans();
    if let Some(limits) = properties.set("limits") {
        span_limits(&limits, &mut config.limits, found);
    }
    let chosen = match properties.set("sampler") {
        Some(value) => sampler(&value, found),
        None => Some((Sampler::ParentBasedAlwaysOn, None)),
    };
    if let Some((sampler, ratio)) = chosen {
        config.sampling.sampler = Some(sampler);
        config.sampling.sampler_arg = ratio;
    }
}

/// The settings of a batch processor that the file has.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Batch {
    schedule_delay: Option<u64>,
    export_timeout: Option<u64>,
    max_queue_size: Option<u64>,
    max_export_batch_size: Option<u64>,
}

/// Applies settings to a structure of the configuration.
macro_rules! apply {
    ($batch:expr, $config:ident) => {{
        let mut config = $config::default();
        let size = |size: Option<u64>, default| {
            size.map_or(default, |size| usize::try_from(size).unwrap_or(usize::MAX))
        };
        config.max_queue_size = size($batch.max_queue_size, config.max_queue_size);
        config.max_export_batch_size =
            size($batch.max_export_batch_size, config.max_export_batch_size);
        if $batch.max_export_batch_size.is_none() {
            config.max_export_batch_size = config.max_export_batch_size.min(config.max_queue_size);
        }
        config.schedule_delay_millis = $batch
            .schedule_delay
            .unwrap_or(config.schedule_delay_millis);
        config.export_timeout_millis = $batch
            .export_timeout
            .unwrap_or(config.export_timeout_millis);
        config
    }};
}

impl Batch {
    pub(super) fn into_spans(self) -> BatchSpanProcessorConfig {
        apply!(self, BatchSpanProcessorConfig)
    }

    pub(super) fn into_logs(self) -> BatchLogRecordProcessorConfig {
        apply!(self, BatchLogRecordProcessorConfig)
    }

    fn read(properties: &Properties<'_>, found: &mut Findings<'_>) -> Self {
        let mut number = |key: &str, least| properties.get(key)?.number(least, found);
        Self {
            schedule_delay: number("schedule_delay", 0).map(|delay| delay.max(AT_ONCE)),
            export_timeout: number("export_timeout", 0)
                .map(|timeout| if timeout == 0 { NO_LIMIT } else { timeout }),
            max_queue_size: number("max_queue_size", 1),
            max_export_batch_size: number("max_export_batch_size", 1),
        }
    }
}

/// Reads the processors of spans or log records, and adds their exporters. All exporters of a signal have the same
/// settings, those of the first batch processor.
pub(super) fn processors(
    properties: &Properties<'_>,
    value: &Value<'_>,
    exporters: &mut Exporters<'_>,
    found: &mut Findings<'_>,
) -> Batch {
    let mut batch = None;
    let list = properties.required("processors", value, found);
    for processor in items(list, found) {
        let Some((kind, settings)) = processor.choice(&["batch", "simple"], found) else {
            continue;
        };
        let known = [
            "exporter",
            "schedule_delay",
            "export_timeout",
            "max_queue_size",
            "max_export_batch_size",
        ];
        let is_batch = kind == "batch";
        let properties = settings.properties(if is_batch { &known } else { &known[..1] }, found);
        if is_batch {
            let own = Batch::read(&properties, found);
            if *batch.get_or_insert(own) != own {
                let reason = "the settings of the first batch processor are those of all exporters of the signal";
                settings.not_supported(found, reason);
            }
        }
        if let Some(exporter) = properties.required("exporter", &settings, found) {
            exporters.add(&exporter, found);
        }
    }
    batch.unwrap_or(Batch {
        schedule_delay: Some(AT_ONCE),
        ..Batch::default()
    })
}

/// Reads the limits of attributes that spans and log records have.
pub(super) fn attribute_limits(
    value: &Value<'_>,
    config: &mut TelemetryConfig,
    found: &mut Findings<'_>,
) {
    let properties = value.properties(&ATTRIBUTES, found);
    let (mut length, mut count) = (None, MAX_COUNT);
    attributes(&properties, &mut length, &mut count, found);
    let (spans, logs) = (&mut config.limits, &mut config.log_record_limits);
    spans.attribute_value_length = length.or(spans.attribute_value_length);
    logs.attribute_value_length = length;
    (spans.attribute_count, logs.attribute_count) = (count, count);
}

/// The keys of the limits of attributes.
pub(super) const ATTRIBUTES: [&str; 2] = ["attribute_value_length_limit", "attribute_count_limit"];

/// Reads the limits of the length of a value and of the number of attributes.
pub(super) fn attributes(
    properties: &Properties<'_>,
    length: &mut Option<u32>,
    count: &mut u32,
    found: &mut Findings<'_>,
) {
    *length = properties.read(ATTRIBUTES[0], found).or(*length);
    self::count(properties, ATTRIBUTES[1], count, found);
}

fn span_limits(value: &Value<'_>, limits: &mut SpanLimits, found: &mut Findings<'_>) {
    let known = [
        ATTRIBUTES[0],
        ATTRIBUTES[1],
        "event_count_limit",
        "link_count_limit",
        "event_attribute_count_limit",
        "link_attribute_count_limit",
    ];
    let properties = value.properties(&known, found);
    attributes(
        &properties,
        &mut limits.attribute_value_length,
        &mut limits.attribute_count,
        found,
    );
    for (key, field) in [
        (known[2], &mut limits.event_count),
        (known[3], &mut limits.link_count),
    ] {
        count(&properties, key, field, found);
    }
    for (key, field) in [
        (known[4], &mut limits.attribute_count_per_event),
        (known[5], &mut limits.attribute_count_per_link),
    ] {
        if let Some(count) = properties.read(key, found) {
            *field = count;
        }
    }
}

fn count(properties: &Properties<'_>, key: &str, field: &mut u32, found: &mut Findings<'_>) {
    let Some(value) = properties.set(key) else {
        return;
    };
    let Some(count) = value.read::<u32>(found) else {
        return;
    };
    if count > MAX_COUNT {
        value.not_supported(found, &format!("at most {MAX_COUNT} are recorded"));
    }
    *field = count.min(MAX_COUNT);
}

//! The providers of spans and log records: processors, limits and the sampler.

use super::exporter::Exporters;
use super::part::Part;
use super::sampler;
use crate::config::batch::{AT_ONCE, BatchProcessorConfig};
use crate::config::duration::without_limit;
use crate::config::exporters::ExporterKind;
use crate::config::limits::{MAX_LOG_COUNT, MAX_SPAN_COUNT, SpanLimits};
use crate::config::otlp::Signal;
use crate::config::sampling::Sampler;
use crate::config::telemetry::TelemetryConfig;

const COUNT: &str = "attribute_count_limit";

const LENGTH: &str = "attribute_value_length_limit";

pub(super) fn tracer(provider: &Part<'_>, config: &mut TelemetryConfig) {
    provider.expect(&["processors", "limits", "sampler"]);
    let mut exporters = Exporters::new(Signal::Traces, &mut config.otlp);
    config.batch_processor = processors(provider, &mut exporters);
    config.exporters.traces = Some(exporters.kinds);
    if let Some(limits) = provider.get("limits") {
        span_limits(&limits, &mut config.limits);
    }
    let sampler = provider.get("sampler").and_then(|sampler| sampler::read(&sampler));
    let (sampler, ratio) = sampler.unwrap_or((Sampler::ParentBasedAlwaysOn, None));
    (config.sampling.sampler, config.sampling.sampler_arg) = (Some(sampler), ratio);
}

pub(super) fn logger(provider: &Part<'_>, config: &mut TelemetryConfig) {
    provider.expect(&["processors", "limits"]);
    let mut exporters = Exporters::new(Signal::Logs, &mut config.otlp);
    config.log_batch_processor = processors(provider, &mut exporters);
    config.exporters.logs = Some(exporters.kinds);
    if let Some(limits) = provider.get("limits") {
        limits.expect(&[LENGTH, COUNT]);
        let logs = &mut config.log_record_limits;
        set_count(&limits, COUNT, &mut logs.attribute_count, MAX_LOG_COUNT);
        logs.attribute_value_length = limits.value(LENGTH).or(logs.attribute_value_length);
    }
}

/// Applies the limits of all signals.
pub(super) fn limits(limits: &Part<'_>, config: &mut TelemetryConfig) {
    limits.expect(&[LENGTH, COUNT]);
    let (spans, logs) = (&mut config.limits, &mut config.log_record_limits);
    set_count(limits, COUNT, &mut spans.attribute_count, MAX_SPAN_COUNT);
    logs.attribute_count = spans.attribute_count.min(MAX_LOG_COUNT);
    logs.attribute_value_length = limits.value(LENGTH);
    spans.attribute_value_length = logs.attribute_value_length.or(spans.attribute_value_length);
}

fn span_limits(part: &Part<'_>, limits: &mut SpanLimits) {
    const EVENTS: &str = "event_count_limit";
    const LINKS: &str = "link_count_limit";
    const PER_EVENT: &str = "event_attribute_count_limit";
    const PER_LINK: &str = "link_attribute_count_limit";
    part.expect(&[LENGTH, COUNT, EVENTS, LINKS, PER_EVENT, PER_LINK]);
    limits.attribute_value_length = part.value(LENGTH).or(limits.attribute_value_length);
    set_count(part, COUNT, &mut limits.attribute_count, MAX_SPAN_COUNT);
    set_count(part, EVENTS, &mut limits.event_count, MAX_SPAN_COUNT);
    set_count(part, LINKS, &mut limits.link_count, MAX_SPAN_COUNT);
    part.set(PER_EVENT, &mut limits.attribute_count_per_event);
    part.set(PER_LINK, &mut limits.attribute_count_per_link);
}

fn set_count(limits: &Part<'_>, key: &str, count: &mut u32, most: u32) {
    let Some(part) = limits.get(key) else {
        return;
    };
    let found = part.read().unwrap_or(*count);
    if found > most {
        part.ignore(format!("at most {most} are recorded"));
    }
    *count = found.min(most);
}

/// Adds the exporters of the processors. All exporters of a signal use the settings of the first batch processor.
fn processors<const DELAY: u64>(
    provider: &Part<'_>,
    exporters: &mut Exporters<'_>,
) -> BatchProcessorConfig<DELAY> {
    let mut settings = None;
    let _ = provider.required("processors");
    for processor in provider.items("processors") {
        let Some((name, part)) = processor.component(&["batch", "simple"]) else {
            continue;
        };
        if name == "batch" {
            let own = batch(&part);
            if *settings.get_or_insert(own) != own {
                part.ignore(
                    "all exporters of the signal use the settings of the first batch processor",
                );
            }
        } else {
            part.expect(&["exporter"]);
        }
        if let Some(exporter) = part.required("exporter") {
            exporters.add(&exporter);
        }
    }
    if exporters.kinds.is_empty() {
        exporters.choose(ExporterKind::None);
    }
    settings
        .unwrap_or(BatchProcessorConfig { schedule_delay_millis: AT_ONCE, ..Default::default() })
}

fn batch<const DELAY: u64>(part: &Part<'_>) -> BatchProcessorConfig<DELAY> {
    const QUEUE: &str = "max_queue_size";
    const BATCH: &str = "max_export_batch_size";
    part.expect(&["exporter", "schedule_delay", "export_timeout", QUEUE, BATCH]);
    let mut batch = BatchProcessorConfig::default();
    part.set("schedule_delay", &mut batch.schedule_delay_millis);
    part.set("export_timeout", &mut batch.export_timeout_millis);
    part.set(QUEUE, &mut batch.max_queue_size);
    batch.max_export_batch_size = batch.max_export_batch_size.min(batch.max_queue_size.max(1));
    part.set(BATCH, &mut batch.max_export_batch_size);
    batch.schedule_delay_millis = batch.schedule_delay_millis.max(AT_ONCE);
    batch.export_timeout_millis = without_limit(batch.export_timeout_millis);
    batch.check(&mut |key, message| {
        if let Some(part) = part.get(key) {
            part.refuse(message);
        }
    });
    batch
}

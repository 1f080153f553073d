//! The providers of spans and log records: processors, limits and the sampler.

use super::exporter::Exporters;
use super::part::Part;
use super::sampler;
use crate::config::batch::{AT_ONCE, BatchProcessorConfig, without_limit};
use crate::config::exporters::ExporterKind;
use crate::config::limits::{MAX_SPAN_COUNT, SpanLimits};
use crate::config::mistake::Mistake;
use crate::config::otlp::Signal;
use crate::config::sampling::Sampler;
use crate::config::telemetry::TelemetryConfig;

const COUNT: &str = "attribute_count_limit";

const LENGTH: &str = "attribute_value_length_limit";

pub(super) fn tracer(provider: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    provider.expect(&["processors", "limits", "sampler"])?;
    let mut exporters = Exporters::new(Signal::Traces, &mut config.otlp);
    config.batch_processor = processors(provider, &mut exporters)?;
    config.exporters.traces = Some(exporters.kinds);
    if let Some(limits) = provider.get("limits") {
        attribute_limits(&limits, &mut config.limits)?;
    }
    let sampler = sampler::read(provider, "sampler")?;
    let (sampler, ratio) = sampler.unwrap_or((Sampler::ParentBasedAlwaysOn, None));
    (config.sampling.sampler, config.sampling.sampler_arg) = (Some(sampler), ratio);
    Ok(())
}

pub(super) fn logger(provider: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    provider.expect(&["processors"])?;
    let mut exporters = Exporters::new(Signal::Logs, &mut config.otlp);
    config.log_batch_processor = processors(provider, &mut exporters)?;
    config.exporters.logs = Some(exporters.kinds);
    Ok(())
}

pub(super) fn limits(limits: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    attribute_limits(limits, &mut config.limits)
}

fn attribute_limits(part: &Part<'_>, limits: &mut SpanLimits) -> Result<(), Mistake> {
    part.expect(&[LENGTH, COUNT])?;
    limits.attribute_value_length = part.value(LENGTH)?.or(limits.attribute_value_length);
    part.set(COUNT, &mut limits.attribute_count)?;
    if limits.attribute_count > MAX_SPAN_COUNT {
        part.required(COUNT)?.ignore(format!("at most {MAX_SPAN_COUNT} are recorded"));
        limits.attribute_count = MAX_SPAN_COUNT;
    }
    Ok(())
}

/// Adds the exporters of the processors. All exporters of a signal use the settings of the first batch processor.
fn processors<const DELAY: u64>(
    provider: &Part<'_>,
    exporters: &mut Exporters<'_>,
) -> Result<BatchProcessorConfig<DELAY>, Mistake> {
    let mut settings = None;
    provider.required("processors")?;
    for processor in provider.items("processors")? {
        let Some((name, part)) = processor.component(&["batch", "simple"])? else {
            continue;
        };
        if name == "batch" {
            let own = batch(&part)?;
            if *settings.get_or_insert(own) != own {
                part.ignore(
                    "all exporters of the signal use the settings of the first batch processor",
                );
            }
        } else {
            part.expect(&["exporter"])?;
        }
        exporters.add(&part.required("exporter")?)?;
    }
    if exporters.kinds.is_empty() {
        exporters.choose(ExporterKind::None);
    }
    let at_once = BatchProcessorConfig { schedule_delay_millis: AT_ONCE, ..Default::default() };
    Ok(settings.unwrap_or(at_once))
}

fn batch<const DELAY: u64>(part: &Part<'_>) -> Result<BatchProcessorConfig<DELAY>, Mistake> {
    const QUEUE: &str = "max_queue_size";
    const BATCH: &str = "max_export_batch_size";
    part.expect(&["exporter", "schedule_delay", "export_timeout", QUEUE, BATCH])?;
    let mut batch = BatchProcessorConfig::default();
    part.set("schedule_delay", &mut batch.schedule_delay_millis)?;
    part.set("export_timeout", &mut batch.export_timeout_millis)?;
    part.set(QUEUE, &mut batch.max_queue_size)?;
    batch.max_export_batch_size = batch.max_export_batch_size.min(batch.max_queue_size.max(1));
    part.set(BATCH, &mut batch.max_export_batch_size)?;
    batch.schedule_delay_millis = batch.schedule_delay_millis.max(AT_ONCE);
    batch.export_timeout_millis = without_limit(batch.export_timeout_millis);
    batch.check("").map_err(|mistake| {
        let own = part.get(&mistake.path);
        own.as_ref().unwrap_or(part).mistake(mistake.message)
    })?;
    Ok(batch)
}

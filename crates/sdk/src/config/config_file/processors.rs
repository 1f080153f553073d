//! The providers of spans and log records: processors, limits and the sampler.

use super::exporter::Exporters;
use super::part::Part;
use super::sampler;
use crate::config::batch::{AT_ONCE, BatchProcessorConfig, without_limit};
use crate::config::exporters::ExporterKind;
use crate::config::file_sampler::FileSampler;
use crate::config::limits::MAX_SPAN_COUNT;
use crate::config::logging::{LogExportConfig, severity};
use crate::config::mistake::Mistake;
use crate::config::otlp::Signal;
use crate::config::telemetry::TelemetryConfig;

pub(super) fn tracer(provider: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    let directory = &mut config.exporters.directory;
    let mut exporters = Exporters::new(Signal::Traces, &mut config.otlp, directory);
    let batch = processors(provider, &mut exporters, "batch_processor");
    config.exporters.traces = Some(exporters.kinds);
    let limited = provider.get("limits")?.map_or(Ok(()), |part| limits(&part, config));
    // Read also after a mistake, because the first one in the file is reported.
    let sampler = provider.get("sampler")?;
    sampler.as_ref().unwrap_or(provider).sets("sampling");
    let sampler = sampler.map(|part| sampler::read(&part)).transpose();
    let mistakes = [batch.as_ref().err(), limited.as_ref().err(), sampler.as_ref().err()];
    if let Some(first) = mistakes.into_iter().flatten().min_by_key(|mistake| mistake.position) {
        return Err(first.clone());
    }
    config.batch_processor = batch?;
    let sampler = sampler?;
    let default = || FileSampler::ParentBased(FileSampler::of_roots(FileSampler::AlwaysOn).into());
    sampler.unwrap_or_else(default).apply(&mut config.sampling);
    Ok(())
}

pub(super) fn logger(provider: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    let directory = &mut config.exporters.directory;
    let mut exporters = Exporters::new(Signal::Logs, &mut config.otlp, directory);
    config.log_batch_processor = processors(provider, &mut exporters, "log_batch_processor")?;
    config.exporters.logs = Some(exporters.kinds);
    provider.sets("logging.export");
    config.logging.export = LogExportConfig::default();
    if let Some(configurator) = provider.get("logger_configurator")?
        && let Some(part) = configurator.get("default_config")?
    {
        let export = &mut config.logging.export;
        export.trace_based = part.value("trace_based")?.unwrap_or_default();
        export.minimum_severity =
            part.parsed("minimum_severity", |text: String| severity(&text))?;
        part.sets("logging.export");
    }
    Ok(())
}

pub(super) fn limits(part: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    let limits = &mut config.limits;
    let length = part.value("attribute_value_length_limit")?;
    limits.attribute_value_length = length.or(limits.attribute_value_length);
    if let Some(count) = part.get("attribute_count_limit")? {
        let found: u32 = count.read()?;
        limits.attribute_count = found.min(MAX_SPAN_COUNT);
        if found > MAX_SPAN_COUNT {
            count.ignore(format!("at most {MAX_SPAN_COUNT} attributes are recorded"));
        }
    }
    Ok(())
}

/// Adds the exporters of the processors. All exporters of a signal use the settings of the first batch processor.
fn processors<const DELAY: u64>(
    provider: &Part<'_>,
    exporters: &mut Exporters<'_>,
    field: &str,
) -> Result<BatchProcessorConfig<DELAY>, Mistake> {
    let mut settings = None;
    provider.sets(field);
    provider.required("processors")?;
    for processor in provider.items("processors")? {
        let Some((name, part)) = processor.component(&["batch", "simple"])? else {
            continue;
        };
        if name == "batch" {
            let own = batch(&part)?;
            if settings.is_none() {
                part.sets(field);
            }
            if *settings.get_or_insert(own) != own {
                part.ignore(
                    "all exporters of the signal use the settings of the first batch processor",
                );
            }
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
    let default = BatchProcessorConfig::<DELAY>::default();
    let delay = part.millis("schedule_delay")?.unwrap_or(default.schedule_delay_millis);
    let timeout = part.millis("export_timeout")?.unwrap_or(default.export_timeout_millis);
    let queue = part.value(QUEUE)?.unwrap_or(default.max_queue_size);
    let size = part.value(BATCH)?.unwrap_or(default.max_export_batch_size.min(queue.max(1)));
    let batch = BatchProcessorConfig {
        max_queue_size: queue,
        max_export_batch_size: size,
        schedule_delay_millis: delay.max(AT_ONCE),
        export_timeout_millis: without_limit(timeout),
    };
    let Err(mistake) = batch.check("") else {
        return Ok(batch);
    };
    let own = part.get(if mistake.path == QUEUE { QUEUE } else { BATCH })?;
    Err(own.as_ref().unwrap_or(part).mistake(mistake.message))
}

//! A journal between a program and its OTLP receiver.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod delivery;
mod resource;
mod writer;

use floe_telemetry::config::Signal;
use floe_telemetry::{ExporterFactory, telemetry_exporter};

use self::writer::Writer;

/// How long spans and log records wait for their batch, at most. What has ended before is in the journal.
const MAX_DELAY_MILLIS: u64 = 20;

const SIGNALS: &[Signal] = &[Signal::Traces, Signal::Metrics, Signal::Logs];

telemetry_exporter!(ExporterFactory::new("journal", SIGNALS, |signal, provider| {
    let writer = Writer::open(signal, provider.config())?;
    let provider = provider.configure(|config| {
        let delay = match signal {
            Signal::Traces => &mut config.batch_processor.schedule_delay_millis,
            Signal::Logs => &mut config.log_batch_processor.schedule_delay_millis,
            _ => return,
        };
        *delay = MAX_DELAY_MILLIS.min(*delay);
    });
    Ok(provider.with_otlp_writer(signal, writer))
}));

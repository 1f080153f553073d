//! The exporters of other crates, which a configuration names.

use std::error::Error as StdError;

use super::builder::TelemetryProviderBuilder;
use crate::config::Signal;
use crate::error::Error;
use crate::program_signals;

/// What adds an exporter of a signal to a provider that is built.
type AddExporter = fn(
    Signal,
    TelemetryProviderBuilder,
) -> Result<TelemetryProviderBuilder, Box<dyn StdError + Send + Sync>>;

/// An exporter that a configuration chooses by its name, as `OTEL_TRACES_EXPORTER=acme` or in
/// [`ExportersConfig`](crate::config::ExportersConfig).
///
/// A crate registers it with [`telemetry_exporter!`](crate::telemetry_exporter). The linker collects the registered
/// exporters, so no code runs at startup. A crate that is never referenced is not linked, so a program that uses it
/// needs the line `use acme_floe_exporter as _;`.
///
/// ```standalone_crate
/// use floe_telemetry::config::Signal;
/// use floe_telemetry::exporter::MemoryExporter;
/// use floe_telemetry::{ExporterFactory, TelemetryConfig, TelemetryProvider, telemetry_exporter};
///
/// // Any exporter of OpenTelemetry's SDK.
/// static EXPORTED: std::sync::LazyLock<MemoryExporter> = std::sync::LazyLock::new(MemoryExporter::new);
///
/// telemetry_exporter!(ExporterFactory::new("acme", &[Signal::Traces], |_, provider| {
///     let service = &provider.config().resource_attributes.service_name;
///     println!("sends the spans of {service}");
///     Ok(provider.with_span_exporter(EXPORTED.clone()))
/// }));
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes: {service_name: orders}
/// exporters: {traces: [acme]}
/// ")?;
/// let telemetry = TelemetryProvider::builder(config).initialize()?;
/// drop(floe_telemetry::create_span("orders.load"));
/// telemetry.shutdown(std::time::Duration::from_secs(5))?;
/// assert_eq!(EXPORTED.spans()[0].name, "orders.load");
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ExporterFactory {
    name: &'static str,
    signals: &'static [Signal],
    add: AddExporter,
}

impl ExporterFactory {
    /// Creates a factory for the exporter with this name, for some signals.
    ///
    /// `add` is called for each signal that the configuration chooses the exporter for, when the provider is
    /// initialized. It adds the exporter with the methods of the builder. Signals are blocked on the threads that it
    /// starts.
    #[must_use]
    pub const fn new(name: &'static str, signals: &'static [Signal], add: AddExporter) -> Self {
        Self { name, signals, add }
    }

    /// The name by which a configuration chooses the exporter.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The signals that it exports.
    #[must_use]
    pub const fn signals(&self) -> &'static [Signal] {
        self.signals
    }
}

/// Adds the exporters of other crates that the configuration of the provider names.
pub(super) fn add_registered(
    mut provider: TelemetryProviderBuilder,
) -> Result<TelemetryProviderBuilder, Error> {
    for signal in Signal::ALL {
        let chosen = provider.config().exporters.of(signal);
        let mut chosen = chosen.unwrap_or_default().to_vec();
        chosen.dedup();
        for kind in chosen {
            let path = format!("exporters.{}", signal.as_str());
            let registered = kind.registered();
            let registered =
                registered.map_err(|message| Error::config(format!("{path}: {message}")))?;
            let factory = registered
                .and_then(|registered| registered.factory().downcast_ref::<ExporterFactory>());
            let Some(factory) = factory else {
                continue;
            };
            let added = program_signals::blocked(|| (factory.add)(signal, provider));
            provider =
                added.map_err(|error| Error::config(format!("{path}: `{kind}`: {error}")))?;
        }
    }
    Ok(provider)
}

/// Registers an exporter with the program, so that a configuration can choose it by its name.
///
/// The argument is a constant expression of the type [`ExporterFactory`](crate::ExporterFactory), whose
/// documentation has an example. The macro works in crates with `#![forbid(unsafe_code)]`.
#[macro_export]
macro_rules! telemetry_exporter {
    ($factory:expr $(,)?) => {
        const _: () = {
            const FACTORY: $crate::ExporterFactory = $factory;
            $crate::__floe_linked! {
                "fl_exporter_0_1"
                static LINKED: $crate::config::RegisteredExporter = $crate::config::RegisteredExporter::new(
                    FACTORY.name(),
                    FACTORY.signals(),
                    &FACTORY,
                    $crate::__floe_location!(),
                );
            }
        };
    };
}

//! The interface that a backend implements.

use std::error::Error as StdError;
use std::fmt;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::trace::TelemetryProviderBuilder;

use super::connection::{self, ConnectionReport};

/// The builder of a provider that a backend has configured.
pub type Configured = Result<TelemetryProviderBuilder, Box<dyn StdError + Send + Sync>>;

/// A named destination for telemetry.
///
/// A backend that needs no more than an endpoint, a protocol and headers does not need an implementation: the built-in
/// backend `otlp` takes all three from the configuration.
///
/// ```standalone_crate
/// use floe_plugin::backend::{self, Configured, TelemetryBackendPlugin};
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::trace::TelemetryProviderBuilder;
///
/// struct Tempo;
///
/// impl TelemetryBackendPlugin for Tempo {
///     fn name(&self) -> &str { "tempo" }
///     fn version(&self) -> &str { env!("CARGO_PKG_VERSION") }
///
///     fn configure(&self, provider: TelemetryProviderBuilder) -> Configured {
///         Ok(provider.configure(|config| {
///             config.otlp_endpoint.get_or_insert_with(|| "http://tempo:4317".to_owned());
///             config.otlp.all.headers.entry("X-Scope-OrgID".to_owned()).or_insert("floe".into());
///         }))
///     }
/// }
///
/// floe_plugin::backend::telemetry_backend!(Tempo);
///
/// let mut config = TelemetryConfig::new("orders");
/// config.backend = "tempo".to_owned();
/// let provider = backend::builder(config)?;
/// assert_eq!(provider.config().otlp_endpoint.as_deref(), Some("http://tempo:4317"));
/// assert_eq!(backend::names(), ["console", "jaeger", "otlp", "tempo"]);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub trait TelemetryBackendPlugin: Send + Sync {
    /// Returns the name by which a configuration chooses the backend, for example `jaeger`. It must be unique among the
    /// backends of a program.
    fn name(&self) -> &str;

    /// Returns the version of the backend, for example `1.4.0`.
    fn version(&self) -> &str;

    /// Returns one sentence that describes the backend. Default: empty.
    #[expect(clippy::unnecessary_literal_bound, reason = "an implementation may own its text")]
    fn description(&self) -> &str {
        ""
    }

    /// Sets the destination of telemetry, by the configuration of the builder or by exporters that it adds
    /// ([`with_span_exporter`](TelemetryProviderBuilder::with_span_exporter)).
    ///
    /// The builder has the user's configuration, already validated, whose values should take precedence. Without an
    /// endpoint, nothing is sent over OTLP, unless the setting `backend` becomes `otlp`.
    ///
    /// # Errors
    ///
    /// The backend cannot be used. The provider is then not started.
    fn configure(&self, provider: TelemetryProviderBuilder) -> Configured;

    /// Checks whether the backend accepts telemetry. `config` is the configuration after [`configure`](Self::configure).
    /// Default: sends an OTLP request without spans, as the provider would. If nothing is sent over OTLP, the check
    /// succeeds without a request.
    ///
    /// [`validate_connection`](super::validate_connection) calls this method and gives up after
    /// [`CONNECTION_TIMEOUT`](super::CONNECTION_TIMEOUT).
    fn validate_connection(&self, config: &TelemetryConfig) -> ConnectionReport {
        connection::send_empty_request(config)
    }
}

impl fmt::Debug for dyn TelemetryBackendPlugin + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBackendPlugin")
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

//! The hosts and ports to which the runs of a product connect, from the configuration of its platform.

use std::collections::BTreeSet;

use floe_plugin::configuration::Reference;
use floe_plugin::{Endpoint, backend};
use floe_plugins::address::host_and_port;
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{DEFAULT_BACKEND, ExporterKind, Signal};
use secrecy::ExposeSecret as _;

use crate::identity::Identity;
use crate::plugins::active::Active;

/// Returns the hosts and ports of the plugins and of the telemetry. A URL that is a credential is read from its store.
///
/// # Errors
/// A URL has no host, or is a credential that cannot be read; the error does not contain the URL.
pub(crate) fn hosts(
    identity: &Identity,
    telemetry: &TelemetryConfig,
    plugins: &Active,
) -> Result<BTreeSet<(String, u16)>, Error> {
    let mut hosts = BTreeSet::new();
    for (linked, endpoint) in plugins.plugins().endpoints() {
        let refused = |why: String| {
            let plugin = linked.plugin();
            let kind = plugin.plugin_type();
            let name = plugin.name();
            let message = format!("the address of the {kind} plugin `{name}`: {why}");
            Error::input(Place::file(&identity.manifest), message)
        };
        let host = match endpoint {
            Endpoint::Host(host, port) => Some((host, port)),
            Endpoint::Url(url) => host_and_port(&url),
            Endpoint::Credential(reference) => {
                let url = plugins.plugins().resolve(&reference);
                host_and_port(url.map_err(|error| refused(error.to_string()))?.expose_secret())
            }
            other => return Err(refused(format!("{other:?} is not supported"))),
        };
        let not_a_url =
            || refused("expected `https://HOST` or `http://HOST`, found another text".to_owned());
        hosts.insert(host.ok_or_else(not_a_url)?);
    }
    hosts.extend(of_telemetry(telemetry));
    Ok(hosts)
}

/// Whether the URL of a plugin must be read from a secret store.
pub(crate) fn needs_store(plugins: &Active) -> bool {
    plugins
        .plugins()
        .endpoints()
        .any(|(_, endpoint)| matches!(endpoint, Endpoint::Credential(Reference::Secret { .. })))
}

/// Returns the hosts and ports to which a run sends telemetry over OTLP.
fn of_telemetry(config: &TelemetryConfig) -> Vec<(String, u16)> {
    // The compiler has checked the name of the backend.
    let Ok(provider) = backend::builder(config.clone()) else {
        return Vec::new();
    };
    let config = provider.config();
    let uses_otlp = config.otlp_endpoint.is_some() || config.backend != DEFAULT_BACKEND;
    let of_signal = |signal: Signal| {
        let is_sent = match config.exporters.of(signal) {
            Some(exporters) => exporters.contains(&ExporterKind::Otlp),
            None => uses_otlp || config.otlp.signal(signal).endpoint.is_some(),
        };
        let (_, url) = config.otlp_route(signal);
        host_and_port(url).filter(|_| is_sent && config.enabled)
    };
    [Signal::Traces, Signal::Metrics, Signal::Logs].into_iter().filter_map(of_signal).collect()
}

//! The JSON encoding of requests. It runs on the exporter's thread, so a file, standard output and `http/json` are
//! transports like the others.

use floe_telemetry_sdk::__parts::config::Signal;

pub(super) fn encode(signal: Signal, request: &[u8]) -> Result<Vec<u8>, String> {
    let encoded = match signal {
        Signal::Traces => floe_otlp_json::traces(request),
        Signal::Metrics => floe_otlp_json::metrics(request),
        _ => floe_otlp_json::logs(request),
    };
    encoded.map_err(|malformed| malformed.to_string())
}

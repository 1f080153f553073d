//! The variables of the OTLP exporters, for all signals and for each
//! ([specification](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)).

use std::path::PathBuf;

use super::Reader;
use super::parse::{self, Refusal, number};
use crate::config::{Compression, OtlpProtocol, Signal, TelemetryConfig, endpoint};

/// The protocols, by the names that the specification has for them.
const PROTOCOLS: [(&str, OtlpProtocol); 2] = [
    ("grpc", OtlpProtocol::Grpc),
    ("http/protobuf", OtlpProtocol::Http),
];

pub(super) fn apply(config: &mut TelemetryConfig, reader: &mut Reader) {
    for signal in [None].into_iter().chain(Signal::ALL.map(Some)) {
        of(signal, config, reader);
    }
}

/// The variables of one signal, or of all.
fn of(signal: Option<Signal>, config: &mut TelemetryConfig, reader: &mut Reader) {
    let infix = signal.map_or_else(String::new, |signal| {
        format!("{}_", signal.as_str().to_ascii_uppercase())
    });
    let name = |what: &str| format!("OTEL_EXPORTER_OTLP_{infix}{what}");

    let protocol = reader.take(&name("PROTOCOL"), parse::word(&PROTOCOLS));
    let insecure = reader.take(&name("INSECURE"), parse::truth);
    let endpoint = reader.take(&name("ENDPOINT"), |text| {
        let url = with_scheme(text, insecure);
        endpoint::check(&url).map_err(Refusal::Refused)?;
        Ok(url)
    });
    match signal {
        None => {
            if let Some(protocol) = protocol {
                config.otlp_protocol = protocol;
            }
            if let Some(endpoint) = endpoint {
                config.otlp_endpoint = endpoint;
                "otlp".clone_into(&mut config.backend);
            }
        }
        Some(signal) => {
            let own = config.otlp.of_mut(signal);
            own.protocol = protocol.or(own.protocol);
            own.endpoint = endpoint.or(own.endpoint.take());
        }
    }
    let options = match signal {
        None => &mut config.otlp.all,
        Some(signal) => config.otlp.of_mut(signal),
    };
    reader.set(&name("HEADERS"), &mut options.headers, |text| {
        let pairs = parse::pairs(text).map_err(Refusal::Refused)?;
        let pairs = pairs.into_iter();
        Ok(pairs.map(|(key, value)| (key, value.into())).collect())
    });
    reader.fill(&name("TIMEOUT"), &mut options.timeout_millis, number(1));
    reader.fill(
        &name("COMPRESSION"),
        &mut options.compression,
        parse::word(&Compression::ALL),
    );
    for (what, field) in [
        ("CERTIFICATE", &mut options.certificate),
        ("CLIENT_CERTIFICATE", &mut options.client_certificate),
        ("CLIENT_KEY", &mut options.client_key),
    ] {
        reader.fill(&name(what), field, |text| Ok(PathBuf::from(text)));
    }
}

/// An endpoint without a scheme has the one that `INSECURE` says.
fn with_scheme(endpoint: &str, insecure: Option<bool>) -> String {
    match insecure {
        Some(insecure) if !endpoint.contains("://") => {
            let scheme = if insecure { "http" } else { "https" };
            format!("{scheme}://{endpoint}")
        }
        _ => endpoint.to_owned(),
    }
}

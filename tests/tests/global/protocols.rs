//! Each row of the table of protocols in `docs/configuration.md`, with all features of the library: in code, in a
//! document and in the environment.

use std::path::Path;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{OtlpProtocol, Signal};
use floe_tests::program;
use serde_json::json;

const PROTOCOLS: [(&str, OtlpProtocol); 2] =
    [("grpc", OtlpProtocol::Grpc), ("http/protobuf", OtlpProtocol::Http)];

/// Returns the protocol and the endpoint of a configuration, in the words of the table.
fn sent(config: &TelemetryConfig) -> String {
    let (sent, endpoint) = config.otlp_route(Signal::Traces);
    let protocol = PROTOCOLS.iter().find(|(_, it)| *it == sent);
    format!("`{}` to `{endpoint}`", protocol.unwrap().0)
}

fn in_code(protocol: &str, endpoint: &str) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("orders");
    if let Some((_, protocol)) = PROTOCOLS.iter().find(|(name, _)| *name == protocol) {
        config.otlp_protocol = Some(*protocol);
    }

    if !endpoint.is_empty() {
        config.otlp_endpoint = Some(endpoint.to_owned());
    }
    config
}

fn in_a_document(protocol: &str, endpoint: &str) -> TelemetryConfig {
    let mut document = json!({"resource_attributes": {"service_name": "orders"}});
    if !protocol.is_empty() {
        document["otlp_protocol"] = protocol.replace("http/protobuf", "http").into();
    }

    if !endpoint.is_empty() {
        document["otlp_endpoint"] = endpoint.into();
    }

    TelemetryConfig::from_yaml(&document.to_string()).unwrap()
}

#[test]
fn the_table_of_protocols_is_true() {
    let program = program!({
        println!("child: {}", sent(&TelemetryConfig::from_env().unwrap()));
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let (_, table) = document.split_once("| protocol that is set | endpoint | is sent |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut count = 0;
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [protocol, endpoint, expected, _] = cells[..] else {
            panic!("{row}");
        };

        let protocol = protocol.trim_matches('`');
        let endpoint = endpoint.trim_matches('`');
        assert_eq!(sent(&in_code(protocol, endpoint)), expected, "{row}");
        assert_eq!(sent(&in_a_document(protocol, endpoint)), expected, "{row}");
        let variables =
            [("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
        let (stdout, stderr) = program.run(&variables);
        assert!(stdout.contains(&format!("child: {expected}\n")), "{row}: {stdout}");
        assert!(!stderr.contains("warning"), "{row}: {stderr}");
        count += 1;
    }

    assert_eq!(count, 11);
}

//! `floe plugins`: the plugins that a product runs on, and their health.

use serde_json::{Value, json};

use crate::product::{Output, Product};
use crate::service::{Answer, Service};

const PASSWORD: &str = "c4n4ryZm9vYmFyYmF6";

fn plugins(manifest: &str, arguments: &[&str]) -> Output {
    let product = Product::shop();
    product.append("manifest.yaml", manifest);
    let files = product.files();
    let output = product.floe("plugins", arguments, &[("PASSWORD", PASSWORD)]);
    assert_eq!(product.files(), files);
    output
}

/// The columns of the table, without the rows of plugins that are healthy.
fn failed(output: &Output) -> Vec<String> {
    let rows = output.stdout.lines().skip(1);
    let rows = rows.take_while(|row| !row.is_empty() && !row.starts_with("trace "));
    rows.filter(|row| !row.ends_with("healthy"))
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn the_embedded_and_the_selected_plugins_are_listed() {
    let output = plugins(
        "plugins: { lineage_backend: { type: none }, catalog: { type: polaris, uri: 'http://polaris', client_id: '${env:NO_SUCH}', client_secret: '${env:NO_SUCH}' } }",
        &[],
    );
    output.assert_ok();
    assert_eq!(
        output.stdout,
        "\
PLUGIN             NAME            TRACER
alert_channel      terminal 0.1.0  floe.alert.terminal
catalog            polaris 0.1.0   floe.catalog.polaris
compute            sqlite 0.1.0    floe.compute.sqlite
ingestion          csv 0.1.0       floe.ingestion.csv
orchestrator       local 0.1.0     floe.orchestrator.local
quality            sql 0.1.0       floe.quality.sql
secrets            env 0.1.0       floe.secrets.env
storage            local 0.1.0     floe.storage.local
telemetry_backend  console 0.1.0   -
"
    );
}

#[test]
fn the_list_is_json_on_request() {
    let output = plugins("", &["--json", "--check"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let list: Value = serde_json::from_str(&output.stdout).unwrap();
    let plugins = list["plugins"].as_array().unwrap();
    assert_eq!(plugins.len(), 9);
    assert_eq!(
        plugins[1],
        json!({
            "type": "compute",
            "name": "sqlite",
            "version": "0.1.0",
            "tracer_name": "floe.compute.sqlite",
            "health": { "status": "healthy" },
        })
    );
    // The trace is no data.
    assert!(output.stderr.contains("floe.plugins.check"), "{}", output.stderr);
}

#[test]
fn a_check_starts_asks_and_stops_each_plugin_in_the_trace_of_the_command() {
    let service = Service::start(|_| Answer::json(200, &json!({ "namespaces": [] })));
    let manifest =
        format!("plugins: {{ lineage_backend: {{ type: marquez, url: '{}' }} }}", service.url);
    let output = plugins(&manifest, &["--check"]);
    output.assert_ok();
    assert_eq!(failed(&output), Vec::<String>::new(), "{}", output.stdout);
    for span in ["✓ floe.plugins.check", "✓ lineage.start", "✓ lineage.health_check"] {
        assert!(output.stdout.contains(span), "{}", output.stdout);
    }
    let request = service.single();
    assert_eq!(request.path, "/api/v1/namespaces?limit=1");
    let trace = output.stdout.split_once("trace ").unwrap().1;
    let parent = request.header("traceparent").unwrap();
    assert!(trace.starts_with(&parent[3..35]), "{parent}: {trace}");
}

#[test]
fn a_server_that_hangs_and_a_wrong_password_fail_alone_and_the_password_is_nowhere() {
    let hanging = Service::start(|_| Answer::Hang);
    // A server may quote what it refuses.
    let refusing = Service::start(|request| {
        let authorization = request.header("authorization").unwrap_or_default();
        Answer::text(401, &format!("wrong: {authorization} {PASSWORD}"))
    });
    let manifest = format!(
        "\
plugins:
  lineage_backend: {{ type: marquez, url: '{}', timeout: 0.2 }}
  alert_channel:
    - type: alertmanager
      url: '{}'
      authorization: {{ basic: {{ username: floe, password: '${{env:PASSWORD}}' }} }}
    - {{ type: slack, webhook: '${{env:NO_SUCH}}' }}",
        hanging.url, refusing.url
    );
    for arguments in [&["--check"][..], &["--check", "--json"]] {
        let output = plugins(&manifest, arguments);
        assert_eq!(output.code, Some(1));
        assert!(
            output.stderr.ends_with("error: 3 of 10 plugins are not healthy\n"),
            "{}",
            output.stderr
        );
        let all = format!("{}{}", output.stdout, output.stderr);
        let encoded = "ZmxvZTpjNG40cnlabTl2WW1GeVltRjY=";
        assert!(!all.contains(PASSWORD) && !all.contains(encoded), "{all}");
        for span in ["✗ floe.plugins.check", "✗ lineage.health_check"] {
            assert!(all.contains(span), "{all}");
        }
        if arguments.len() == 1 {
            let failed = failed(&output);
            assert_eq!(failed.len(), 3, "{failed:?}");
            assert_eq!(
                failed[0],
                format!(
                    "alert_channel alertmanager 0.1.0 floe.alert.alertmanager failed: GET {}: 401 Unauthorized: wrong: Basic <REDACTED> <REDACTED>",
                    refusing.url
                )
            );
            assert_eq!(
                failed[1],
                "alert_channel slack 0.1.0 floe.alert.slack failed: the credential ${env:NO_SUCH} cannot be read: the variable is not set, or is not UTF-8 text"
            );
            let hangs = format!(
                "lineage_backend marquez 0.1.0 floe.lineage.marquez failed: GET {}: ",
                hanging.url
            );
            assert!(failed[2].starts_with(&hangs), "{failed:?}");
        }
    }
}

#[test]
fn a_plugin_that_cannot_be_used_is_one_error_with_its_place() {
    for (manifest, place) in [
        (
            "plugins: { lineage_backend: { type: none }, catalog: { type: polari } }",
            "3:62: there is no catalog plugin `polari`; linked into the program are: polaris; did you mean `polaris`?",
        ),
        (
            "plugins: { secrets: [{ type: env }, { type: env }] }",
            "3:45: expected each plugin once, found the secrets plugin `env` again",
        ),
        (
            "plugins: { secrets: [{ type: k8s, namespace: a, url: '${env:URL}' }] }",
            "3:54: `url`: it is not a URL, expected `http://HOST` or `https://HOST`",
        ),
        (
            "plugins: { storage: { type: s3, bucket: b, access_key_id: '${secret:vault/a}', secret_access_key: '${env:KEY}' } }",
            "3:29: the plugin `s3` needs the secrets plugin `vault`, which is not selected",
        ),
        (
            "plugins: { secrets: { type: infisical, project: p, environment: e, client_id: c, client_secret: '${secret:infisical/s}' } }",
            "3:29: plugins depend on each other: infisical -> infisical, expected dependencies without a circle",
        ),
    ] {
        let output = plugins(manifest, &["--check"]);
        assert_eq!(
            (output.code, output.stderr),
            (Some(2), format!("error: {{dir}}/manifest.yaml:{place}\n"))
        );
        assert_eq!(output.stdout, "");
    }
}

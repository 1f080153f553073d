//! `floe plugins`: the plugins that a product runs on.

use crate::product::{Output, Product};

fn plugins(manifest: &str) -> Output {
    let product = Product::shop();
    product.append("manifest.yaml", manifest);
    let files = product.files();
    let output = product.floe("plugins", &[], &[]);
    assert_eq!(product.files(), files);
    output
}

#[test]
fn the_embedded_and_the_selected_plugins_are_listed() {
    let output = plugins(
        "plugins: { lineage_backend: { type: none }, catalog: { type: polaris, uri: 'http://polaris', client_id: '${env:NO_SUCH}', client_secret: '${env:NO_SUCH}' } }",
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
fn a_plugin_that_cannot_be_used_is_one_error_with_its_place() {
    for (manifest, place) in [
        (
            "plugins: { lineage_backend: { type: none }, catalog: { type: polari } }",
            "3:62: there is no catalog plugin `polari`; the program is linked with: polaris; did you mean `polaris`?",
        ),
        (
            "plugins: { secrets: [{ type: env }, { type: env }] }",
            "3:45: expected each plugin once, found the secrets plugin `env` twice",
        ),
        (
            "plugins: { secrets: [{ type: k8s, namespace: a, url: '${env:URL}' }] }",
            "3:54: `url`: it is not a URL, expected `http://HOST` or `https://HOST`",
        ),
        (
            "plugins: { catalog: { type: polaris, uri: 'http://p', client_id: '${secret:vault/a}', client_secret: '${env:KEY}' } }",
            "3:29: the plugin `polaris` needs the secrets plugin `vault`, which is not selected",
        ),
        (
            "plugins: { secrets: { type: infisical, project: p, environment: e, client_id: c, client_secret: '${secret:infisical/s}' } }",
            "3:29: the plugin `infisical` needs the secrets plugin `infisical`, which is not selected before it",
        ),
    ] {
        let output = plugins(manifest);
        assert_eq!(
            (output.code, output.stderr),
            (Some(2), format!("error: {{dir}}/manifest.yaml:{place}\n"))
        );
        assert_eq!(output.stdout, "");
    }
}

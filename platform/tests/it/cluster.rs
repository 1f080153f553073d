//! The manifests for a cluster: what a product may connect to, and which Secrets it may read.

use std::collections::BTreeSet;

use floe_telemetry::config::yaml;
use serde_json::{Value, json};

use crate::product::{Output, Product};

fn documents(product: &Product, file: &str) -> Vec<Value> {
    let text = product.read(&format!(".floe/kubernetes/{file}"));
    let documents = text.split("---\n").skip(1);
    // JSON is YAML, too, but nobody reviews it.
    assert!(!text.contains("{\n"), "{text}");
    documents.map(|document| yaml::read(document).unwrap()).collect()
}

fn compile(manifest: &str, product: &str) -> (Product, Output) {
    let shop = Product::shop();
    shop.append("manifest.yaml", manifest);
    shop.append("floe.yaml", product);
    let variables = [
        ("HOOK", "http://alerts.ops.svc:8080/T0/c4n4ryZm9vYmFy"),
        // No collector runs at the endpoint of the manifest.
        ("OTEL_SDK_DISABLED", "true"),
    ];
    let output = shop.floe("compile", &[], &variables);
    (shop, output)
}

/// Returns the peers of the rules of the product's policy, each with its port.
fn egress(product: &Product) -> BTreeSet<String> {
    let policies = documents(product, "network-policies.yaml");
    assert_eq!(policies.len(), 3);
    let policy =
        policies.iter().find(|policy| policy["metadata"]["name"] == "shop-egress").unwrap();
    let rules = policy["spec"]["egress"].as_array().unwrap();
    // The first rule allows DNS.
    assert_eq!(
        rules[0]["ports"],
        json!([{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }])
    );
    rules[1..]
        .iter()
        .map(|rule| {
            let peers: Vec<&str> = rule["to"]
                .as_array()
                .unwrap()
                .iter()
                .map(|peer| {
                    let namespace =
                        peer.pointer("/namespaceSelector/matchLabels/kubernetes.io~1metadata.name");
                    let named = namespace.or(peer.pointer("/ipBlock/cidr"));
                    named.map_or("here", |it| it.as_str().unwrap())
                })
                .collect();
            assert_eq!(rule["ports"].as_array().unwrap().len(), 1);
            format!("{}:{}", peers.join("+"), rule["ports"][0]["port"])
        })
        .collect()
}

#[test]
fn a_product_connects_to_the_services_of_the_manifest_and_to_no_others() {
    let (product, output) = compile(
        "\
observability: { tracing: { endpoint: 'http://collector.observability.svc.cluster.local:4317' } }
plugins:
  network_security: { type: k8s, addresses: { smtp.example.org: [192.0.2.0/24] } }
  lineage_backend: { type: marquez, url: 'http://marquez:5000' }
  catalog:
    type: polaris
    uri: http://10.1.2.3:9000
    client_id: '${env:KEY}'
    client_secret: '${env:KEY}'
  alert_channel:
    - { type: slack, webhook: '${env:SLACK}' }
    - { type: webhook, url: '${env:HOOK}' }
    - { type: email, host: smtp.example.org, from: a@example.org, to: [b@example.org] }",
        "",
    );
    output.assert_ok();
    let expected = [
        "0.0.0.0/0+::/0:443",
        "10.1.2.3/32:9000",
        "192.0.2.0/24:587",
        "here:5000",
        "observability:4317",
        "ops:8080",
    ];
    assert_eq!(egress(&product), expected.map(str::to_owned).into());
    let text = product.read(".floe/kubernetes/network-policies.yaml");
    assert!(!text.contains("c4n4ry"), "{text}");
}

#[test]
fn a_product_on_embedded_plugins_connects_to_nothing() {
    let (product, output) = compile("plugins: { network_security: { type: k8s } }", "");
    output.assert_ok();
    assert_eq!(egress(&product), BTreeSet::new());
}

#[test]
fn an_address_that_cannot_be_used_is_one_error() {
    for (channel, message) in [
        (
            "{ type: webhook, url: '${env:NO_SUCH}' }",
            "the address of the alert_channel plugin `webhook`: the credential ${env:NO_SUCH} cannot be read: the variable is not set, or is not UTF-8 text",
        ),
        (
            "{ type: webhook, url: '${env:PATH}' }",
            "the address of the alert_channel plugin `webhook`: expected `https://HOST` or `http://HOST`, found another text",
        ),
    ] {
        let manifest =
            format!("plugins: {{ network_security: {{ type: k8s }}, alert_channel: {channel} }}");
        let (product, output) = compile(&manifest, "");
        assert_eq!(
            (output.code, output.stderr),
            (Some(2), format!("error: {{dir}}/manifest.yaml: {message}\n"))
        );
        assert!(!product.path(".floe/kubernetes").exists());
    }
}

fn readable(product: &Product) -> Value {
    let manifests = documents(product, "rbac.yaml");
    let role = manifests.iter().find(|it| it["kind"] == "Role").unwrap();
    match role["rules"].as_array().unwrap().as_slice() {
        [] => json!([]),
        [only] => only["resourceNames"].clone(),
        several => json!(several),
    }
}

#[test]
fn a_role_reads_the_secrets_of_the_product_and_of_the_plugins() {
    // The store is not started, because the compilation does not run in the cluster.
    let (product, output) = compile(
        "\
plugins:
  rbac: { type: k8s }
  secrets: { type: k8s, namespace: retail }
  catalog: { type: polaris, uri: 'http://p', client_id: '${secret:k8s/lake.polaris/id}', client_secret: '${secret:k8s/lake.polaris/key}' }",
        "secrets: [{ key: campaign/token }, { key: campaign/user }]",
    );
    output.assert_ok();
    assert_eq!(readable(&product), json!(["campaign", "lake.polaris"]));
    // Environment variables are not Secrets, and a role reads no Secrets of another namespace.
    for (store, key) in [("env", "CAMPAIGN_TOKEN"), ("k8s, namespace: sales", "campaign/token")] {
        let (product, output) = compile(
            &format!("plugins: {{ rbac: {{ type: k8s }}, secrets: {{ type: {store} }} }}"),
            &format!("secrets: [{{ key: {key} }}]"),
        );
        output.assert_ok();
        assert_eq!(readable(&product), json!([]));
    }
}

#[test]
fn a_key_that_is_no_secret_of_kubernetes_is_one_error() {
    let (product, output) = compile(
        "plugins: { rbac: { type: k8s }, secrets: { type: k8s, namespace: sales } }",
        "secrets: [{ key: CAMPAIGN_TOKEN }]",
    );
    output.assert_code(2);
    assert_eq!(
        output.stderr,
        "error: {dir}/floe.yaml: `secrets`: the store `k8s`: expected `NAME/KEY` with the name of a Secret and a key of its data, found the key `CAMPAIGN_TOKEN`\n"
    );
    assert!(!product.path(".floe/kubernetes").exists());
    // No artifacts are written, either.
    assert!(!product.path(".floe/compiled_artifacts.json").exists());
}

#[test]
fn manifests_are_written_as_a_whole_or_not_at_all() {
    let product = Product::shop();
    // This name is valid for a product, but too long for an object of a cluster.
    product.replace("floe.yaml", "name: shop", &format!("name: {}", "a".repeat(64)));
    product.append(
        "manifest.yaml",
        "plugins: { rbac: { type: k8s, on_failure: continue }, network_security: { type: k8s, on_failure: continue } }",
    );
    product.floe("compile", &[], &[]).assert_ok();
    assert!(!product.path(".floe/kubernetes").exists());
}

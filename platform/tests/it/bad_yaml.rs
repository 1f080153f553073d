//! Whatever is wrong in floe.yaml or manifest.yaml is one error with its place.

use crate::refused::{append, check, gone, swap, whole};

#[test]
fn yaml_that_cannot_be_read() {
    let spec = "floe.yaml";
    check(gone(spec), "{dir}/floe.yaml: cannot read it: no such file");
    check(
        whole(spec, b"name: \xff"),
        "{dir}/floe.yaml: cannot read it: it is not UTF-8 text",
    );
    check(
        whole(spec, b""),
        "{dir}/floe.yaml:1:1: it is not YAML: unexpected end of file, found nothing",
    );
    check(
        swap(spec, "    path", "\tpath"),
        "{dir}/floe.yaml:4:11: it is not YAML: while scanning a plain scalar, found a tab, found `orders`",
    );
    check(
        swap(spec, "version", "version: 1.0.0\nversion"),
        "{dir}/floe.yaml:3:1: found the field `version` again, accepted: each field once",
    );
}

#[test]
fn fields_that_are_unknown_or_missing() {
    let spec = "floe.yaml";
    check(
        swap(spec, "version", "versio"),
        "{dir}/floe.yaml:2:1: found the field `versio`, accepted: name, version, description, owner, sources, models",
    );
    check(
        swap(spec, "    path", "    pth"),
        "{dir}/floe.yaml:5:5: found the field `pth`, accepted: name, description, path, generate, columns",
    );
    check(
        swap(spec, "    layer: bronze\n", ""),
        "{dir}/floe.yaml:10:5: the field `layer` is missing beside this one",
    );
    check(
        append("manifest.yaml", "observabilty: {}\n"),
        "{dir}/manifest.yaml:3:1: found the field `observabilty`, accepted: name, owner, namespace, environment, governance, observability, plugins",
    );
}

#[test]
fn values_of_the_wrong_type() {
    let spec = "floe.yaml";
    check(
        swap(spec, "1.0.0", "[1, 0]"),
        "{dir}/floe.yaml:2:10: found `[1, 0]`, accepted: a text",
    );
    check(
        swap(spec, " shop", ""),
        "{dir}/floe.yaml:1:5: found nothing, accepted: a text",
    );
    check(
        swap(
            spec,
            "models:\n  - name: stg_orders\n    layer: bronze\n  - name: totals\n    layer: gold",
            "models: none",
        ),
        "{dir}/floe.yaml:9:9: found `none`, accepted: a list",
    );
    check(
        append(
            "manifest.yaml",
            "observability:\n  tracing:\n    enabled: perhaps\n",
        ),
        "{dir}/manifest.yaml:5:14: found `perhaps`, accepted: true or false",
    );
}

#[test]
fn words_that_are_not_accepted() {
    let (spec, manifest) = ("floe.yaml", "manifest.yaml");
    check(
        swap(spec, "gold", "platinum"),
        "{dir}/floe.yaml:13:12: found `platinum`, accepted: bronze, silver, gold",
    );
    check(
        swap(spec, "type: date", "type: datetime"),
        "{dir}/floe.yaml:8:35: found `datetime`, accepted: integer, real, text, date",
    );
    check(
        swap(spec, "name: shop", "name: ''"),
        "{dir}/floe.yaml:1:7: found an empty text, accepted: 1 to 128 lower-case letters, digits and hyphens, a letter first",
    );
    check(
        swap(spec, "1.0.0", "1.0"),
        "{dir}/floe.yaml:2:10: found `1.0`, accepted: major.minor.patch, such as 1.0.0",
    );
    check(
        swap(spec, "totals", "\"totals; DROP TABLE orders\""),
        "{dir}/floe.yaml:12:11: found `totals; DROP TABLE orders`, accepted: lower-case letters, digits and underscores, a letter first, not `sqlite_` at the beginning",
    );
    check(
        swap(spec, "data/orders.csv", "../orders.csv"),
        "{dir}/floe.yaml:5:11: found `../orders.csv`, accepted: a path inside the product's folder, such as data/customers.csv",
    );
    check(
        swap(manifest, "retail", "''"),
        "{dir}/manifest.yaml:2:12: found an empty text, accepted: 1 to 128 lower-case letters, digits and hyphens, a letter first",
    );
    check(
        append(manifest, "environment: qa\n"),
        "{dir}/manifest.yaml:3:14: found `qa`, accepted: dev, staging, prod",
    );
    check(
        append(
            manifest,
            "observability: { tracing: { protocol: pigeon } }\n",
        ),
        "{dir}/manifest.yaml:3:39: found `pigeon`, accepted: grpc, http",
    );
    check(
        append(
            manifest,
            "plugins: { telemetry_backend: { type: abacus } }\n",
        ),
        "{dir}/manifest.yaml:3:39: found `abacus`, accepted: console, jaeger, otlp",
    );
}

#[test]
fn endpoints_that_lead_nowhere() {
    for endpoint in [
        "collector:4317",
        "ftp://collector",
        "http://",
        "http://collector:99999",
    ] {
        check(
            append(
                "manifest.yaml",
                &format!("observability:\n  tracing:\n    endpoint: {endpoint}\n"),
            ),
            &format!(
                "{{dir}}/manifest.yaml:5:15: found `{endpoint}`, accepted: http://host:port without a credential"
            ),
        );
    }
}

#[test]
fn credentials_are_not_repeated() {
    check(
        append(
            "manifest.yaml",
            "observability: { tracing: { endpoint: 'http://u:hunter2@c:x' } }\n",
        ),
        "{dir}/manifest.yaml:3:39: found `http://<REDACTED>@c:x`, accepted: http://host:port without a credential",
    );
    check(
        append("manifest.yaml", "plugins: password=hunter2\n"),
        "{dir}/manifest.yaml:3:10: found `password=<REDACTED>`, accepted: a mapping",
    );
}

//! Whatever is wrong with a product: one error with its place, exit code 2, and no file changed.

use crate::product::Product;

/// A product with one thing wrong must give exactly this error.
#[track_caller]
fn check(spoil: impl FnOnce(&Product), error: &str) {
    check_called(spoil, &[], &[], error, &[]);
}

#[track_caller]
fn check_called(
    spoil: impl FnOnce(&Product),
    arguments: &[&str],
    settings: &[(&str, &str)],
    error: &str,
    left: &[&str],
) {
    let product = Product::shop();
    spoil(&product);
    let mut files = product.files();
    let said = product.floe("run", arguments, settings);
    assert_eq!(said.stderr, format!("error: {error}\n"));
    assert_eq!(said.code, Some(2), "{}", said.stdout);
    files.extend(left.iter().map(|path| (*path).to_owned()));
    files.sort();
    assert_eq!(product.files(), files);
}

/// Replaces a text in a file.
fn swap<'a>(path: &'a str, from: &'a str, to: &'a str) -> impl FnOnce(&Product) + 'a {
    move |product| product.replace(path, from, to)
}

/// Adds lines to a file.
fn append<'a>(path: &'a str, lines: &'a str) -> impl FnOnce(&Product) + 'a {
    move |product| product.write(path, &format!("{}{lines}", product.read(path)))
}

/// Replaces a file.
fn whole<'a>(path: &'a str, bytes: &'a [u8]) -> impl FnOnce(&Product) + 'a {
    move |product| product.write_bytes(path, bytes)
}

fn gone(path: &str) -> impl FnOnce(&Product) {
    move |product| product.remove(path)
}

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
                "{{dir}}/manifest.yaml:5:15: found `{endpoint}`, accepted: http://host:port or https://host:port"
            ),
        );
    }
}

#[test]
fn an_unknown_environment_on_the_command_line() {
    check_called(
        |_| (),
        &["--env", "qa"],
        &[],
        "invalid value 'qa' for '--env <ENV>'\n  [possible values: dev, staging, prod]\n\nFor more information, try '--help'.",
        &[],
    );
}

#[test]
fn variables_that_are_not_accepted() {
    for (name, value, error) in [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector",
            "`collector` is not an endpoint: it must begin with `http://` or `https://`, for example `http://collector:4317`",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "pigeon",
            "unknown protocol `pigeon`: accepted are `grpc` and `http/protobuf`",
        ),
    ] {
        check_called(
            |_| (),
            &[],
            &[(name, value)],
            &format!("{name}: {error}"),
            &[],
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
        "{dir}/manifest.yaml:3:39: found `http://<REDACTED>@c:x`, accepted: http://host:port or https://host:port",
    );
    check(
        append("manifest.yaml", "plugins: password=hunter2\n"),
        "{dir}/manifest.yaml:3:10: found `password=<REDACTED>`, accepted: a mapping",
    );
}

#[test]
fn a_manifest_that_is_not_there() {
    let error = "nowhere.yaml: cannot read it: no such file";
    check_called(|_| (), &["--manifest", "nowhere.yaml"], &[], error, &[]);
}

#[test]
fn dependencies_that_cannot_be_resolved() {
    let (bronze, gold) = ("models/stg_orders.sql", "models/totals.sql");
    check(
        whole(bronze, b"SELECT * FROM {{ ref('totals') }}"),
        "{dir}/floe.yaml:10:11: `stg_orders` depends on itself: stg_orders -> totals -> stg_orders, accepted: dependencies without a cycle",
    );
    check(
        whole(gold, b"SELECT count(*) AS n\nFROM {{ ref('stg_order') }}"),
        "{dir}/models/totals.sql:2:6: there is no model `stg_order`, accepted: stg_orders, totals",
    );
    check(
        whole(gold, b"SELECT 1 AS n FROM {{ source('order') }}"),
        "{dir}/models/totals.sql:1:20: there is no source `order`, accepted: orders",
    );
    check(
        whole(gold, b"SELECT {{ this }}"),
        "{dir}/models/totals.sql:1:8: found `{{ this }}`, accepted: {{ ref('model') }} or {{ source('source') }}",
    );
}

#[test]
fn assets_that_cannot_be_built_from_what_is_there() {
    let spec = "floe.yaml";
    check(
        gone("models/totals.sql"),
        "{dir}/floe.yaml:12:11: cannot read `models/totals.sql`: no such file",
    );
    check(
        whole("models/totals.sql", b" \n"),
        "{dir}/floe.yaml:12:11: `models/totals.sql` is empty, accepted: one SELECT",
    );
    check(
        gone("data/orders.csv"),
        "{dir}/floe.yaml:5:11: there is no file `data/orders.csv`, accepted: a CSV file, or `generate` with a query that makes it",
    );
    check(
        |product| {
            product.replace(spec, "name: totals", "name: orders");
            product.write("models/orders.sql", "SELECT 1 AS n");
        },
        "{dir}/floe.yaml:12:11: `orders` is already the name of the asset at line 4, accepted: each name once",
    );
    check(
        swap(spec, "name: ordered_on", "name: order_id"),
        "{dir}/floe.yaml:8:17: `order_id` is already the name of the column at line 7, accepted: each name once",
    );
}

#[test]
fn rules_of_the_platform_that_are_not_kept() {
    let manifest = "manifest.yaml";
    check(
        append(manifest, "governance: { require_owner: true }\n"),
        "{dir}/floe.yaml:1:7: the product has no `owner`, and the platform's governance requires one",
    );
    check(
        append(manifest, "governance: { bronze_prefix: brz_ }\n"),
        "{dir}/floe.yaml:10:11: the bronze model is `stg_orders`, accepted: a name that begins with `brz_`",
    );
    check(
        swap(
            "floe.yaml",
            "bronze\n  - name: totals\n    layer: gold",
            "gold\n  - name: totals\n    layer: silver",
        ),
        "{dir}/floe.yaml:13:12: `totals` is silver and reads `stg_orders`, which is gold, accepted: models of its own layer or below",
    );
}

/// By then the artifacts are written, whole; the warehouse is not.
#[test]
fn data_that_is_not_what_the_product_says() {
    for (bytes, error) in [
        (
            &b"order_id,ordered_on\n1,2024-01-31\n2\n"[..],
            "3: found a line of 1 values, accepted: 2, as in the header",
        ),
        (
            b"order_id,date\n1,\n",
            "1: the header is `order_id,date`, accepted: `order_id,ordered_on`",
        ),
        (b"", "1: the header is ``, accepted: `order_id,ordered_on`"),
        (
            b"order_id,ordered_on\nx,\n",
            "2: `order_id` is `x`, accepted: a whole number of 64 bits or nothing",
        ),
        (
            b"order_id,ordered_on\n1,2023-02-29\n",
            "2: `ordered_on` is `2023-02-29`, accepted: a date as YYYY-MM-DD or nothing",
        ),
        (
            b"order_id,ordered_on\n1,\xff\n",
            "2: value 2 is not UTF-8, accepted: UTF-8 text",
        ),
    ] {
        check_called(
            whole("data/orders.csv", bytes),
            &[],
            &[],
            &format!("{{dir}}/data/orders.csv:{error}"),
            &[".floe/compiled_artifacts.json"],
        );
    }
}

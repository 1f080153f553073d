//! A mistake in `floe.yaml` or `manifest.yaml` is one error with its place.

use crate::product::Product;
use crate::refused::check;

const SPEC: &str = "floe.yaml";
const MANIFEST: &str = "manifest.yaml";

/// An edit of a file.
enum Edit {
    Remove,
    Overwrite(&'static [u8]),
    Replace(&'static str, &'static str),
    Append(&'static str),
}

use Edit::{Append, Overwrite, Remove, Replace};

/// The file, its edit, and the error after the path of the file.
type Case = (&'static str, Edit, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Files that cannot be read or parsed.
    (SPEC, Remove, ": cannot read it: no such file"),
    (SPEC, Overwrite(b"name: \xff"), ": cannot read it: it is not UTF-8 text"),
    (SPEC, Overwrite(b""), ":1:1: name: is missing"),
    (SPEC, Replace("    path", "\tpath"),
        ":4:11: not YAML: while scanning a plain scalar, found a tab"),
    (SPEC, Replace("version", "version: 1.0.0\nversion"),
        ":3:1: version: the key occurs twice, accepted is once"),

    // All mistakes are reported.
    (MANIFEST, Append("environment: qa\nowners: me\ngovernance: {require_owner: perhaps}"),
        ":3:14: environment: found `qa`, accepted are `dev`, `staging` and `prod`\n{dir}/manifest.yaml:4:1: owners: unknown key: did you mean `owner`?\n{dir}/manifest.yaml:5:29: governance.require_owner: found `perhaps`, accepted is `true` or `false`"),

    // Fields that are unknown or missing.
    (SPEC, Replace("version", "versio"),
        ":2:1: versio: unknown key: did you mean `version`?"),
    (SPEC, Replace("    path", "    pth"),
        ":5:5: sources.0.pth: unknown key: did you mean `path`?"),
    (SPEC, Replace("    layer: bronze\n", ""), ":10:5: models.0.layer: is missing"),
    (MANIFEST, Append("observabilty: {}"),
        ":3:1: observabilty: unknown key: did you mean `observability`?"),

    // Values of the wrong type.
    (SPEC, Replace("1.0.0", "[1, 0]"), ":2:10: version: found a list, accepted is a text"),
    (SPEC, Replace(" shop", ""), ":1:5: name: found nothing, accepted is a text"),
    (SPEC, Replace("models:\n  - name: stg_orders\n    layer: bronze\n  - name: totals\n    layer: gold", "models: none"),
        ":9:9: models: found a text, accepted is a list"),
    (MANIFEST, Append("observability:\n  tracing:\n    enabled: perhaps"),
        ":5:14: observability.tracing.enabled: found `perhaps`, accepted is `true` or `false`"),

    // Values that are not accepted.
    (SPEC, Replace("gold", "platinum"), ":13:12: models.1.layer: found `platinum`, accepted are `bronze`, `silver` and `gold`"),
    (SPEC, Replace("type: date", "type: datetime"),
        ":8:35: sources.0.columns.1.type: found `datetime`, accepted are `integer`, `real`, `text` and `date`, did you mean `date`?"),
    (SPEC, Replace("name: shop", "name: ''"),
        ":1:7: name: found an empty text, accepted: 1 to 128 lower-case letters, digits and hyphens, starting with a letter"),
    (SPEC, Replace("1.0.0", "1.0"), ":2:10: version: found `1.0`, accepted: major.minor.patch, such as 1.0.0"),
    (SPEC, Replace("totals", "\"totals; DROP TABLE orders\""),
        ":12:11: models.1.name: found `totals; DROP TABLE orders`, accepted: lower-case letters, digits and underscores, starting with a letter and not with `sqlite_`"),
    (SPEC, Replace("data/orders.csv", "../orders.csv"),
        ":5:11: sources.0.path: found `../orders.csv`, accepted: a path inside the product's folder, such as data/customers.csv"),
    (MANIFEST, Replace("retail", "''"),
        ":2:12: namespace: found an empty text, accepted: 1 to 128 lower-case letters, digits and hyphens, starting with a letter"),
    (MANIFEST, Append("environment: qa"), ":3:14: environment: found `qa`, accepted are `dev`, `staging` and `prod`"),
    (MANIFEST, Append("observability: { tracing: { protocol: pigeon } }"),
        ":3:39: observability.tracing.protocol: found `pigeon`, accepted are `grpc` and `http`"),
    (MANIFEST, Append("observability: { tracing: { exporter: pigeon } }"),
        ":3:39: observability.tracing.exporter: found `pigeon`, accepted are `otlp`, `console` and `none`"),
    (MANIFEST, Append("observability: { lineage: { transport: pigeon } }"),
        ":3:40: observability.lineage.transport: found `pigeon`, accepted are `http`, `console` and `noop`"),
    (MANIFEST, Append("observability: { logging: { level: CRITICAL } }"),
        ":3:36: observability.logging.level: found `CRITICAL`, accepted are `DEBUG`, `INFO`, `WARNING` and `ERROR`"),
    (MANIFEST, Append("observability: { logging: { format: xml } }"),
        ":3:37: observability.logging.format: found `xml`, accepted are `json` and `text`"),

    // Backends.
    (MANIFEST, Append("plugins: { telemetry_backend: { type: abacus } }"),
        ":3:39: plugins.telemetry_backend.type: backend: unknown backend `abacus`: accepted are `console`, `jaeger`, `otlp`"),
    (MANIFEST, Append("plugins: { telemetry_backend: { type: jeager } }"),
        ":3:39: plugins.telemetry_backend.type: backend: unknown backend `jeager`: accepted are `console`, `jaeger`, `otlp`; did you mean `jaeger`?"),
    (MANIFEST, Append("observability: { tracing: { exporter: console } }\nplugins: { telemetry_backend: { type: jaeger } }"),
        ":3:39: the exporter contradicts `plugins.telemetry_backend`, which is jaeger, accepted: one of the two"),
    (MANIFEST, Append("observability: { tracing: { exporter: otlp } }\nplugins: { telemetry_backend: { type: console } }"),
        ":3:39: the exporter contradicts `plugins.telemetry_backend`, which is console, accepted: one of the two"),

    // Invalid endpoints.
    (MANIFEST, Append("observability: { tracing: { endpoint: 'collector:4317' } }"),
        ":3:39: observability.tracing.endpoint: found `collector:4317`, accepted: http://host:port or https://host:port without a credential"),
    (MANIFEST, Append("observability: { tracing: { endpoint: 'ftp://collector' } }"),
        ":3:39: observability.tracing.endpoint: found `ftp://collector`, accepted: http://host:port or https://host:port without a credential"),
    (MANIFEST, Append("observability: { tracing: { endpoint: 'http://' } }"),
        ":3:39: observability.tracing.endpoint: found `http://`, accepted: http://host:port or https://host:port without a credential"),
    (MANIFEST, Append("observability: { lineage: { endpoint: 'http://marquez:99999' } }"),
        ":3:39: observability.lineage.endpoint: found `http://marquez:99999`, accepted: http://host:port or https://host:port without a credential"),

    // Names do not control the terminal.
    (MANIFEST, Append("\"a\\e[31mb\\nc\": 1"),
        ":3:1: a [31mb c: unknown key, accepted are `name`, `owner`, `namespace`, `environment`, `governance`, `observability`, `telemetry` and `plugins`"),

    // Credentials are not repeated.
    (MANIFEST, Append("observability: { tracing: { endpoint: 'http://u:hunter2@c:x' } }"),
        ":3:39: observability.tracing.endpoint: found `http://<REDACTED>@c:x`, accepted: http://host:port or https://host:port without a credential"),
    (MANIFEST, Append("plugins: { compute: sqlite }"),
        ":3:21: found a text, accepted: a mapping with `type`, the name of a compute plugin"),
    (MANIFEST, Append("plugins: { compute: { types: sqlite } }"),
        ":3:21: the field `type` is missing in this mapping"),
    (MANIFEST, Append("plugins: { compute: [{ type: sqlite }, { type: sqlite }] }"),
        ":3:48: found several compute plugins, accepted: one"),
    (MANIFEST, Append("plugins: { storage: { type: local, foldr: lake } }"),
        ":3:36: `foldr`: unknown field `foldr`, accepted: `folder`"),
    (MANIFEST, Append("plugins:\n  storage:\n    type: local\n    folder: 7"),
        ":6:13: `folder`: invalid type: integer `7`, accepted: path string"),
    (MANIFEST, Append("plugins: { storage: { type: local, on_failure: retry } }"),
        ":3:48: found a text, accepted: fail, continue"),
    (MANIFEST, Append("plugins: { storage: { type: local, folder: 'https://shop:hunter2@lake.example' } }"),
        ":3:44: `folder` contains a credential, which would be written into the artifacts, accepted: a reference where the plugin takes one, such as `${env:NAME}`"),
    (MANIFEST, Append("plugins: { storages: {} }"),
        ":3:12: plugins.storages: unknown key: did you mean `storage`?"),
    (MANIFEST, Append("plugins: password=hunter2"),
        ":3:10: plugins: found a text, accepted is a mapping"),
];

#[test]
fn each_mistake_is_one_error_with_its_place() {
    for (file, edit, error) in CASES {
        check(
            |product: &Product| match edit {
                Remove => product.remove(file),
                Overwrite(bytes) => product.write_bytes(file, bytes),
                Replace(from, to) => product.replace(file, from, to),
                Append(lines) => product.append(file, lines),
            },
            &format!("{{dir}}/{file}{error}"),
        );
    }
}

#[test]
fn a_plugin_that_is_not_linked_is_an_error_with_its_place_and_those_that_are() {
    let product = Product::shop();
    product.append("manifest.yaml", "plugins: { compute: { type: sqlit } }");
    let output = product.floe("compile", &[], &[]);
    assert_eq!(output.code, Some(2));
    let expected = "error: {dir}/manifest.yaml:3:29: there is no compute plugin `sqlit` (did you mean `sqlite`?); linked into the program are: ";
    assert!(output.stderr.starts_with(expected), "{}", output.stderr);
    assert!(output.stderr.contains("sqlite"), "{}", output.stderr);
}

//! A mistake in `floe.yaml` or `manifest.yaml` is one error with its place.

use crate::product::Product;
use crate::refused::check;

const SPEC: &str = "floe.yaml";
const MANIFEST: &str = "manifest.yaml";

enum Edit {
    Remove,
    Overwrite(&'static [u8]),
    Replace(&'static str, &'static str),
    Append(&'static str),
}

use Edit::{Append, Overwrite, Remove, Replace};

/// A file, an edit of it, and the expected error after the path of the file.
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
        ":3:1: version: expected the key once, found it twice"),

    // If the structure of a file has several mistakes, the first one is reported.
    (MANIFEST, Append("environment: qa\nowners: me\ntelemetry: {sampling: perhaps}"),
        ":3:14: environment: expected `dev`, `staging` or `prod`, found `qa`"),
    (SPEC, Overwrite(b"name: a\nversion: 1.0.0\nmodels: [{ name: a, layer: golden, checks: [{ row_count: one }] }]"),
        ":3:28: models.0.layer: expected `bronze`, `silver` or `gold`, found `golden`; did you mean `gold`?"),
    (MANIFEST, Append("plugins: { storage: { type: s4 } }"),
        ":3:29: there is no storage plugin `s4`; the program is linked with: local"),
    (MANIFEST, Append("plugins: { quality: { type: great_expectations, timeout_seconds: one } }"),
        ":3:66: `timeout_seconds`: expected a whole number, 0 or more, found a text"),
    (MANIFEST, Append("plugins: { storage: { type: [local] } }"),
        ":3:29: plugins.storage.type: expected a text, found a list"),
    (MANIFEST, Append("telemetry: { sampling: { dev: 7 } }"),
        ": telemetry: sampling.dev: 7 is not a ratio, expected 0.0 to 1.0"),
    (MANIFEST, Append("telemetry: { authentication: { auth_type: api_key, api_key: abcdef } }"),
        ":3:30: telemetry: expected a reference to the credential, `${env:NAME}` or `${file:PATH}`, found a credential, which the artifacts would contain"),

    // Fields that are unknown or missing.
    (SPEC, Replace("version", "versio"),
        ":2:1: versio: unknown key; did you mean `version`?"),
    (SPEC, Replace("    path", "    pth"),
        ":5:5: sources.0.pth: unknown key; did you mean `path`?"),
    (SPEC, Replace("    layer: bronze\n", ""), ":10:5: models.0.layer: is missing"),
    (SPEC, Replace("    path: data/orders.csv", "    table: orders"),
        ":5:5: sources.0.table: unknown key, expected `name`, `description`, `path`, `generate`, `ingestion`, `columns` or `checks`"),
    (MANIFEST, Append("observabilty: {}"),
        ":3:1: observabilty: unknown key; did you mean `observability`?"),

    // Values of the wrong type.
    (SPEC, Replace("1.0.0", "[1, 0]"), ":2:10: version: expected a text, found a list"),
    (SPEC, Replace(" shop", ""), ":1:5: name: expected a text, found nothing"),
    (SPEC, Replace("models:\n  - name: stg_orders\n    layer: bronze\n  - name: totals\n    layer: gold", "models: none"),
        ":9:9: models: expected a list, found a text"),
    (MANIFEST, Append("observability:\n  tracing:\n    enabled: perhaps"),
        ":5:14: observability.tracing.enabled: expected `true` or `false`, found `perhaps`"),

    // Values that are not accepted.
    (SPEC, Replace("gold", "platinum"), ":13:12: models.1.layer: expected `bronze`, `silver` or `gold`, found `platinum`"),
    (SPEC, Replace("type: date", "type: datetime"),
        ":8:35: sources.0.columns.1.type: expected `integer`, `real`, `text` or `date`, found `datetime`; did you mean `date`?"),
    (SPEC, Replace("name: shop", "name: ''"),
        ":1:7: name: expected 1 to 128 lower-case letters, digits and hyphens, starting with a letter, found an empty text"),
    (SPEC, Replace("1.0.0", "1.0"), ":2:10: version: expected major.minor.patch, such as 1.0.0, found `1.0`"),
    (SPEC, Replace("totals", "\"totals; DROP TABLE orders\""),
        ":12:11: models.1.name: expected lower-case letters, digits and underscores, starting with a letter and not with `sqlite_`, found `totals; DROP TABLE orders`"),
    (SPEC, Replace("data/orders.csv", "../orders.csv"),
        ":5:11: sources.0.path: expected a path inside the product's folder, such as data/customers.csv, found `../orders.csv`"),
    (MANIFEST, Replace("retail", "''"),
        ":2:12: namespace: expected 1 to 128 lower-case letters, digits and hyphens, starting with a letter, found an empty text"),
    (MANIFEST, Append("environment: qa"), ":3:14: environment: expected `dev`, `staging` or `prod`, found `qa`"),
    (MANIFEST, Append("observability: { tracing: { protocol: pigeon } }"),
        ":3:39: observability.tracing.protocol: expected `grpc` or `http`, found `pigeon`"),
    (MANIFEST, Append("observability: { tracing: { exporter: pigeon } }"),
        ":3:39: observability.tracing.exporter: expected `otlp`, `console` or `none`, found `pigeon`"),
    (MANIFEST, Append("observability: { lineage: { transport: pigeon } }"),
        ":3:40: observability.lineage.transport: expected `http`, `console` or `noop`, found `pigeon`"),
    (MANIFEST, Append("observability: { logging: { level: CRITICAL } }"),
        ":3:36: observability.logging.level: expected `TRACE`, `DEBUG`, `INFO`, `WARN`, `WARNING`, `ERROR` or `OFF`, found `CRITICAL`"),
    (MANIFEST, Append("observability: { logging: { format: xml } }"),
        ":3:37: observability.logging.format: expected `json` or `text`, found `xml`"),

    // Backends.
    (MANIFEST, Append("plugins: { telemetry_backend: { type: abacus } }"),
        ":3:39: plugins.telemetry_backend.type: backend: unknown backend `abacus`, expected `console`, `jaeger` or `otlp`"),
    (MANIFEST, Append("plugins: { telemetry_backend: { type: jeager } }"),
        ":3:39: plugins.telemetry_backend.type: backend: unknown backend `jeager`, expected `console`, `jaeger` or `otlp`; did you mean `jaeger`?"),
    (MANIFEST, Append("observability: { tracing: { exporter: console } }\nplugins: { telemetry_backend: { type: jaeger } }"),
        ":3:39: the exporter contradicts `plugins.telemetry_backend`, which is jaeger: expected only one of these settings"),
    (MANIFEST, Append("observability: { tracing: { exporter: otlp } }\nplugins: { telemetry_backend: { type: console } }"),
        ":3:39: the exporter contradicts `plugins.telemetry_backend`, which is console: expected only one of these settings"),

    // Invalid endpoints.
    (MANIFEST, Append("observability: { tracing: { endpoint: 'collector:4317' } }"),
        ":3:39: observability.tracing.endpoint: expected http://host:port or https://host:port without a credential, found `collector:4317`"),
    (MANIFEST, Append("observability: { lineage: { endpoint: 'http://marquez:99999' } }"),
        ":3:39: observability.lineage.endpoint: expected http://host:port or https://host:port without a credential, found `http://marquez:99999`"),

    // Control characters in names do not reach the terminal.
    (MANIFEST, Append("\"a\\e[31mb\\nc\": 1"),
        ":3:1: a [31mb c: unknown key, expected `name`, `owner`, `namespace`, `environment`, `observability`, `telemetry` or `plugins`"),

    // Credentials are not repeated.
    (MANIFEST, Append("observability: { tracing: { endpoint: 'http://u:hunter2@c:x' } }"),
        ":3:39: observability.tracing.endpoint: expected http://host:port or https://host:port without a credential, found `http://<REDACTED>@c:x`"),
    (MANIFEST, Append("plugins: { compute: sqlite }"),
        ":3:21: plugins.compute: expected a mapping, found a text"),
    (MANIFEST, Append("plugins: { compute: { types: sqlite } }"),
        ":3:21: plugins.compute.type: is missing"),
    (MANIFEST, Append("plugins: { compute: [{ type: sqlite }, { type: sqlite }] }"),
        ":3:48: expected one compute plugin, found several"),
    (MANIFEST, Append("plugins: { storage: { type: local, foldr: lake } }"),
        ":3:36: `foldr`: unknown field `foldr`, expected `folder`"),
    (MANIFEST, Append("plugins:\n  storage:\n    type: local\n    folder: 7"),
        ":6:13: `folder`: expected a text, found integer `7`"),
    (MANIFEST, Append("plugins: { storage: { type: local, on_failure: retry } }"),
        ":3:48: plugins.storage.on_failure: expected `fail` or `continue`, found `retry`"),
    (MANIFEST, Append("plugins: { storage: { type: local, folder: 'https://shop:hunter2@lake.example' } }"),
        ":3:44: `folder` contains a credential, which would be written into the artifacts: expected a reference such as `${env:NAME}`, if the plugin takes one"),
    (MANIFEST, Append("plugins: { catalog: { type: polari } }"),
        ":3:29: there is no catalog plugin `polari`; the program is linked with: polaris; did you mean `polaris`?"),
    (MANIFEST, Append("plugins: { secrets: [{ type: env }, { type: env }] }"),
        ":3:45: expected each plugin once, found the secrets plugin `env` twice"),
    (MANIFEST, Append("plugins: { secrets: [{ type: k8s, namespace: a, url: '${env:URL}' }] }"),
        ":3:54: `url`: it is not a URL, expected `http://HOST` or `https://HOST`"),
    (MANIFEST, Append("plugins: { catalog: { type: polaris, uri: 'http://p', client_id: '${secret:vault/a}', client_secret: '${env:KEY}' } }"),
        ":3:29: the plugin `polaris` needs the secrets plugin `vault`, which is not selected"),
    (MANIFEST, Append("plugins: { secrets: { type: infisical, project: p, environment: e, client_id: c, client_secret: '${secret:infisical/s}' } }"),
        ":3:29: the plugin `infisical` needs the secrets plugin `infisical`, which is not selected before it"),
    (MANIFEST, Append("plugins: { storages: {} }"),
        ":3:12: plugins.storages: unknown key; did you mean `storage`?"),
    (MANIFEST, Append("plugins: password=hunter2"),
        ":3:10: plugins: expected a mapping, found a text"),
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

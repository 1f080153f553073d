//! The contract of the plugins: every operation of every plugin that is linked into the program fails once and, if it
//! is supported, succeeds once, against its real service or a stand-in. Each has a span with the name, the scope and
//! the outcome that the platform promises.
//!
//! A file of this folder has the cases of one plugin. A plugin without cases fails the test, so a new plugin cannot be
//! forgotten. The module `real` has the cases that need an installed service. The table in README is made from the
//! cases: `FLOE_UPDATE=1` writes it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg_attr(feature = "real-services", expect(clippy::expect_used, reason = "tests"))]

mod alert_alertmanager;
mod alert_email;
mod alert_slack;
mod alert_terminal;
mod alert_webhook;
mod alerts;
mod catalog_polaris;
mod compute_duckdb;
mod compute_sqlite;
mod dbt_core;
mod dbt_fusion;
mod failures;
mod identity_keycloak;
mod ingestion_csv;
mod ingestion_dlt;
mod lineage_console;
mod lineage_file;
mod lineage_marquez;
mod network_security_k8s;
mod orchestrator_dagster;
mod orchestrator_local;
mod program;
mod quality_dbt;
mod quality_gx;
mod quality_sql;
mod rbac_k8s;
#[cfg(feature = "real-services")]
mod real;
mod samples;
mod secrets_env;
mod secrets_infisical;
mod secrets_k8s;
mod semantic_cube;
mod service;
mod smtp;
mod storage_local;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe as _;
use floe_plugin::registry::{self, LinkedPlugin};
use floe_plugin::table::{RowSink, Value};
use floe_plugin::{Error, ErrorKind, Handle, Kind, PluginType, Plugins, Selection, SelectionError};
use floe_telemetry::opentelemetry::trace::Status;
use floe_telemetry::testing::{self, CapturedSpan, Spans};
use serde_json::json;
use tempfile::{NamedTempFile, TempPath};

fn contracts() -> Vec<Contract> {
    vec![
        alert_alertmanager::contract(),
        alert_email::contract(),
        alert_slack::contract(),
        alert_terminal::contract(),
        alert_webhook::contract(),
        catalog_polaris::contract(),
        compute_duckdb::contract(),
        compute_sqlite::contract(),
        dbt_core::contract(),
        dbt_fusion::contract(),
        identity_keycloak::contract(),
        ingestion_csv::contract(),
        ingestion_dlt::contract(),
        lineage_console::contract(),
        lineage_file::contract(),
        lineage_marquez::contract(),
        network_security_k8s::contract(),
        orchestrator_dagster::contract(),
        orchestrator_local::contract(),
        quality_dbt::contract(),
        quality_gx::contract(),
        quality_sql::contract(),
        rbac_k8s::contract(),
        secrets_env::contract(),
        secrets_infisical::contract(),
        secrets_k8s::contract(),
        semantic_cube::contract(),
        storage_local::contract(),
    ]
}

/// The credential of the cases, which no span may contain.
pub(crate) const CANARY: &str = "c4n4ry-Zm9vYmFyYmF6cXV4";

/// Whether a text contains the credential, or the encoded login of the user `floe` with the credential as the password.
pub(crate) fn shows_credential(text: &str) -> bool {
    let login = format!("floe:{CANARY}");
    // Base64 encodes each group of three bytes by itself, so whole groups look the same whatever follows them.
    let whole = login.len() / 3 * 3;
    text.contains(CANARY) || text.contains(&STANDARD.encode(&login[..whole]))
}

pub(crate) struct Contract {
    kind: PluginType,
    operations: BTreeSet<&'static str>,
    name: &'static str,
    /// The service that answers the requests of the cases, for the table in README.
    service: &'static str,
    cases: Vec<Case>,
}

struct Case {
    operation: &'static str,
    attributes: &'static [&'static str],
    /// `None` if the plugin does not support the operation.
    succeeds: Option<Run>,
    fails: Run,
}

type Run = Box<dyn Fn() -> Result<(), Error>>;

impl Contract {
    /// Creates the contract of a plugin. `service` answers its requests: `Debian's alertmanager`, or `stand-in` for a
    /// server of the test.
    pub(crate) fn new<K: ?Sized + Kind>(name: &'static str, service: &'static str) -> Self {
        let operations = K::OPERATIONS.iter().copied().collect();
        Self { kind: K::TYPE, operations, name, service, cases: Vec::new() }
    }

    /// Adds an operation with a run that succeeds and a run that fails, each of which calls the method of the plugin's
    /// handle. The last span of the operation in the successful run has the `attributes`, each as `key=value`, where a
    /// value that ends with `*` is a prefix, and `{plugin}` is the plugin's name.
    pub(crate) fn operation(
        mut self,
        operation: &'static str,
        attributes: &'static [&'static str],
        succeeds: impl Fn() -> Result<(), Error> + 'static,
        fails: impl Fn() -> Result<(), Error> + 'static,
    ) -> Self {
        let succeeds = Some(Box::new(succeeds) as Run);
        let fails = Box::new(fails);
        self.cases.push(Case { operation, attributes, succeeds, fails });
        self
    }

    fn supported(&self) -> impl Iterator<Item = &'static str> {
        self.cases.iter().filter(|case| case.succeeds.is_some()).map(|case| case.operation)
    }

    pub(crate) fn unsupported(
        mut self,
        operation: &'static str,
        fails: impl Fn() -> Result<(), Error> + 'static,
    ) -> Self {
        let fails = Box::new(fails);
        self.cases.push(Case { operation, attributes: &[], succeeds: None, fails });
        self
    }
}

pub(crate) fn with<K: ?Sized + Kind, T>(
    name: &str,
    config: serde_json::Value,
    run: impl FnOnce(&Handle<K>) -> T,
) -> T {
    with_in(Path::new(""), name, config, run)
}

pub(crate) fn with_in<K: ?Sized + Kind, T>(
    folder: &Path,
    name: &str,
    config: serde_json::Value,
    run: impl FnOnce(&Handle<K>) -> T,
) -> T {
    let plugins = configured(folder, K::TYPE, name, config).unwrap();
    plugins.start(|_| true).unwrap();
    run(&plugins.one::<K>().unwrap())
}

/// Returns the error of a plugin whose configuration is refused, or that does not start.
pub(crate) fn refused<K: ?Sized + Kind>(
    folder: &Path,
    name: &str,
    config: serde_json::Value,
) -> String {
    match configured(folder, K::TYPE, name, config) {
        Ok(plugins) => plugins.start(|_| true).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

fn configured(
    folder: &Path,
    kind: PluginType,
    name: &str,
    config: serde_json::Value,
) -> Result<Plugins, SelectionError> {
    Plugins::configure(&[Selection::new(kind, name, config).in_folder(folder)])
}

pub(crate) fn changed(
    mut config: serde_json::Value,
    change: &serde_json::Value,
) -> serde_json::Value {
    for (key, value) in change.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

#[derive(Default)]
pub(crate) struct Rows(pub(crate) Vec<String>);

impl RowSink for Rows {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        self.0.push(format!("{values:?}"));
        Ok(())
    }
}

/// Writes a credential to a file, and returns the file and a reference to it. Dropping the file removes it.
pub(crate) fn credential(text: &str) -> (TempPath, String) {
    let path = NamedTempFile::new().unwrap().into_temp_path();
    fs::write(&path, text).unwrap();
    let reference = format!("${{file:{}}}", path.display());
    (path, reference)
}

#[test]
fn every_operation_of_every_plugin_has_its_span() {
    let mut wrong = Vec::new();
    for contract in contracts() {
        let linked = registry::find(contract.kind, contract.name).unwrap();
        for case in &contract.cases {
            let what = format!("{} {}: {}", contract.kind, contract.name, case.operation);
            if let Some(succeeds) = &case.succeeds {
                let (result, spans) = run(succeeds);
                result.unwrap_or_else(|error| panic!("{what}: {error}"));
                let span = check(&what, linked, case.operation, &spans);
                assert_eq!(*span.status(), Status::Ok, "{what}");
                assert!(!has_exception(&span), "{what}");
                assert!(!case.attributes.is_empty(), "{what}");
                let attributes =
                    case.attributes.iter().map(|it| it.replace("{plugin}", contract.name));
                let differing = attributes.filter_map(|it| differing(&it, &span));
                wrong.extend(differing.map(|differing| format!("{what}: {differing}")));
            }
            let (result, spans) = run(&case.fails);
            let error = result.expect_err(&what);
            let is_unsupported = error.kind() == ErrorKind::Unsupported;
            assert_eq!(is_unsupported, case.succeeds.is_none(), "{what}: {error}");
            let span = check(&what, linked, case.operation, &spans);
            assert_error(&what, &span, &error);
            if contract.kind == PluginType::Ingestion && case.operation == "run" {
                let category = if error.is_transient() { "TRANSIENT" } else { "PERMANENT" };
                span.assert_attribute("error.category", category);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differing(expected: &str, span: &CapturedSpan<'_>) -> Option<String> {
    let (key, value) = expected.split_once('=').unwrap();
    let found = span.attribute(key).map(ToString::to_string).unwrap_or_default();
    let is_right = match value.strip_suffix('*') {
        Some(start) => !found.is_empty() && found.starts_with(start),
        None => found == value,
    };
    (!is_right).then(|| format!("expected {expected}, found `{found}`"))
}

fn run(run: &Run) -> (Result<(), Error>, Spans) {
    let mut result = None;
    let spans = testing::capture(|| result = Some(run()));
    (result.unwrap(), spans)
}

/// Returns the last span of the operation. Asserts that the span has the plugin's scope and the name of the operation
/// as an attribute, and that nothing in the trace contains the credential.
fn check<'a>(
    what: &str,
    linked: &LinkedPlugin,
    operation: &str,
    spans: &'a Spans,
) -> CapturedSpan<'a> {
    let plugin = linked.plugin();
    let tracer = plugin.tracer_name().unwrap();
    let domain = plugin.plugin_type().domain().unwrap();
    let domain = if operation == "write" { "egress" } else { domain };
    let name = format!("{domain}.{operation}");
    let span = spans
        .named(&name)
        .last()
        .unwrap_or_else(|| panic!("{what}: there is no span `{name}` among {:?}", spans.names()));
    assert_eq!(span.scope(), tracer, "{what}");
    span.assert_attribute(&format!("{domain}.operation"), operation);
    let all = format!("{spans:?}");
    assert!(!shows_credential(&all), "{what}: a span contains the credential: {all}");
    span
}

fn has_exception(span: &CapturedSpan<'_>) -> bool {
    span.events().iter().any(|event| event.name == "exception")
}

fn assert_error(what: &str, span: &CapturedSpan<'_>, error: &Error) {
    let Status::Error { description } = span.status() else {
        panic!("{what}: expected the status of an error, found {:?}", span.status());
    };
    // The causes of the error follow its message.
    let message = error.to_string();
    assert!(!message.is_empty(), "{what}: {description}");
    assert!(description.starts_with(&message), "{what}: {description}");
    let types = ["error.type", "exception.type"].map(|key| span.attribute(key));
    let is_recorded = has_exception(span) && types.iter().all(Option::is_some);
    assert!(is_recorded, "{what}: the error is not recorded");
    assert!(!shows_credential(&message), "{what}: {error}");
}

#[track_caller]
pub(crate) fn assert_failed(error: &Error, kind: ErrorKind, text: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(text), "expected `{text}`: {error}");
}

#[test]
fn every_plugin_has_a_contract() {
    let contracts = contracts();
    for linked in registry::discover().unwrap() {
        let plugin = linked.plugin();
        let kind = plugin.plugin_type();
        assert!(plugin.tracer_name().is_some(), "{kind} {linked}: no tracer");
        let unknown = Selection::new(kind, plugin.name(), json!({ "no_such_key": 1 }));
        let error = Plugins::configure(&[unknown]).unwrap_err().to_string();
        assert!(error.contains("unknown field `no_such_key`"), "{kind} {linked}: {error}");
        let is_it = |it: &&Contract| it.kind == kind && it.name == plugin.name();
        let of_plugin: Vec<&Contract> = contracts.iter().filter(is_it).collect();
        let [contract] = of_plugin[..] else {
            panic!("{kind} {linked}: expected one contract, found {}", of_plugin.len());
        };
        let covered: BTreeSet<&str> = contract.cases.iter().map(|case| case.operation).collect();
        assert_eq!(covered, contract.operations, "{kind} {linked}: its operations");
        let supported = contract.supported().count();
        assert!(supported > 0, "{kind} {linked}: no operation succeeds");
    }
}

const BEGIN: &str = "<!-- plugins: made by the contract test -->\n";
const END: &str = "<!-- end of plugins -->\n";

fn table() -> String {
    let contracts = contracts();
    let mut table = String::from(
        "| kind | plugin | operations with an OK and an ERROR span | tested against |\n|---|---|---|---|\n",
    );
    for linked in registry::discover().unwrap() {
        let plugin = linked.plugin();
        let kind = plugin.plugin_type();
        let contract = contracts
            .iter()
            .find(|contract| contract.kind == kind && contract.name == plugin.name());
        let Some(contract) = contract else {
            continue;
        };
        let operations: Vec<String> =
            contract.supported().map(|operation| format!("`{operation}`")).collect();
        let name = plugin.name();
        let operations = operations.join(", ");
        let _ = writeln!(table, "| {kind} | `{name}` | {operations} | {} |", contract.service);
    }
    table
}

#[test]
fn the_table_in_the_readme_is_the_result() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let expected = table();
    if std::env::var_os("FLOE_UPDATE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert!(found == expected, "README is outdated, run with FLOE_UPDATE=1; expected:\n{expected}");
}

//! The nodes of a command as jobs of `OpenLineage`, with the names that its own integration with dbt gives them.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use floe_plugin::lineage::{Assertion, Dataset, Facet, Field, Job, RunEvent, RunState};
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::{sanitize_credentials, sanitize_error_message};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::manifest::{self, Manifest};
use crate::run_results::{NodeResult, RunResults, resource_type};

const SCHEMAS: &str =
    "https://github.com/OpenLineage/OpenLineage/tree/main/integration/common/openlineage/schema";

/// The types of nodes that build a table, with the type and the suffix of their jobs.
const BUILT: [(&str, &str, &str); 2] =
    [("model", "MODEL", "run"), ("snapshot", "SNAPSHOT", "snapshot")];

/// The lineage of an executed command.
#[derive(Debug)]
pub struct Lineage {
    results: RunResults,
    manifest: Manifest,
    tables: Tables,
    /// The columns of the tables when `dbt docs generate` ran; empty if it never did.
    catalog: Tables,
    /// The complete name of each node and source.
    names: HashMap<String, String>,
    /// The namespace of the data.
    namespace: String,
}

/// The fields of a manifest, or of a catalog, that only lineage needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tables {
    metadata: Metadata,
    nodes: HashMap<String, Table>,
    sources: HashMap<String, Table>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    adapter_type: Option<String>,
}

/// A node or a source.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Table {
    database: Option<String>,
    schema: Option<String>,
    alias: Option<String>,
    name: String,
    original_file_path: Option<String>,
    columns: IndexMap<String, Column>,
    column_name: Option<String>,
    test_metadata: Option<Generic>,
    config: Config,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Column {
    name: String,
    /// The type in a manifest, where a column may also have a key `type` of the user.
    data_type: Option<String>,
    /// The type in a catalog.
    #[serde(rename = "type")]
    of_catalog: Option<Value>,
    description: Option<String>,
}

/// The kind of a generic test.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Generic {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    severity: Option<String>,
}

impl Lineage {
    /// Reads the artifacts of an invocation from dbt's folder `target`; `None` if dbt wrote no
    /// results, or those of `--empty`.
    ///
    /// # Errors
    /// An artifact cannot be read, or the results belong to another invocation.
    pub fn read(
        target: &Path,
        invocation_id: &str,
        connection: &Connection,
    ) -> Result<Option<Self>, String> {
        let results = RunResults::of(&target.join("run_results.json"), invocation_id)?;
        // The tests of empty tables say nothing about the data.
        let Some(results) = results.filter(|it| !it.is_of_empty()) else {
            return Ok(None);
        };
        let path = target.join("manifest.json");
        let unread = |error: io::Error| format!("cannot read `{}`: {error}", path.display());
        let manifest = Manifest::read(&path).map_err(unread)?;
        let tables: Tables = manifest::parse(&path).map_err(unread)?;
        let all = tables.nodes.iter().chain(&tables.sources);
        let name = |table: &Table| table.qualified(table.alias.as_ref().unwrap_or(&table.name));
        let adapter = tables.metadata.adapter_type.as_deref().unwrap_or("dbt");
        Ok(Some(Self {
            namespace: connection.namespace(adapter),
            names: all.map(|(id, table)| (id.clone(), name(table))).collect(),
            results,
            catalog: manifest::parse(&target.join("catalog.json")).unwrap_or_default(),
            manifest,
            tables,
        }))
    }

    /// Returns the name of the project.
    pub fn project(&self) -> Option<&str> {
        self.manifest.project_name()
    }

    /// Completes an event of the whole command, or of a node, with the facets of dbt.
    pub fn of_dbt<'a>(&'a self, event: RunEvent<'a>) -> RunEvent<'a> {
        let version = &*self.results.metadata.dbt_version;
        let run = json!({
            "invocation_id": self.results.metadata.invocation_id,
            "project_name": self.project(),
            "dbt_runtime": "core",
        });
        RunEvent {
            integration: "DBT",
            job_type: event.job_type.or(Some("JOB")),
            engine: Some(("dbt", version)),
            run_facets: vec![
                facet("dbt_run", "dbt-run-run-facet", run),
                facet("dbt_version", "dbt-version-run-facet", json!({ "version": version })),
            ],
            ..event
        }
    }

    /// Calls `emit` with the events of each node that was built or tested. `base` has the namespace of the jobs, the
    /// parent of the runs, and their tags.
    ///
    /// # Errors
    /// The first error of `emit`.
    pub fn events<E>(
        &self,
        base: &RunEvent<'_>,
        mut emit: impl FnMut(RunEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut tested: BTreeMap<&str, Vec<&NodeResult>> = BTreeMap::new();
        for result in self.results.results.iter().filter(|it| !it.is_skipped()) {
            let id = &*result.unique_id;
            if let Some((_, kind, suffix)) = BUILT.iter().find(|it| it.0 == resource_type(id)) {
                let sql = result.compiled_code.as_deref().map(sanitize_credentials);
                let parents = self.manifest.parents(id).iter();
                let event = RunEvent {
                    job_type: Some(kind),
                    sql: sql.as_deref(),
                    inputs: parents.map(|parent| self.dataset(parent)).collect(),
                    outputs: vec![Dataset { rows: result.rows(), ..self.dataset(id) }],
                    ..base.clone()
                };
                self.emit(id, suffix, &[result], event, &mut emit)?;
            } else if resource_type(id) == "test"
                && let Some(checked) = self.manifest.checked(id)
            {
                tested.entry(checked).or_default().push(result);
            }
        }
        for (id, results) in tested {
            let assertions = results.iter().filter_map(|it| self.assertion(it)).collect();
            let input = Dataset { assertions, columns: Vec::new(), ..self.dataset(id) };
            let job_type = Some("TEST");
            let event = RunEvent { job_type, inputs: vec![input], ..base.clone() };
            self.emit(id, "test", &results, event, &mut emit)?;
        }
        Ok(())
    }

    fn assertion(&self, result: &NodeResult) -> Option<Assertion<'_>> {
        let test = self.tables.get(&result.unique_id)?;
        Some(Assertion {
            assertion: test.test_metadata.as_ref().map_or(&test.name, |it| &it.name),
            name: &test.name,
            success: result.status == "pass",
            column: test.column_name.as_deref(),
            severity: test.config.severity.as_deref().map(str::to_lowercase),
            failures: result.failures,
        })
    }

    /// Emits the start and the end of a job that has these results.
    fn emit<E>(
        &self,
        id: &str,
        suffix: &str,
        results: &[&NodeResult],
        event: RunEvent<'_>,
        emit: &mut impl FnMut(RunEvent<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(table) = self.tables.get(id) else {
            return Ok(());
        };
        let name = id.strip_prefix("model.").or(id.strip_prefix("snapshot.")).unwrap_or(id);
        let mut job = table.qualified(name);
        let is_build = self.results.command() == Some("build");
        if is_build || suffix != "run" {
            job.push_str(if is_build { ".build." } else { "." });
            job.push_str(suffix);
        }
        let node = json!({
            "unique_id": id,
            "original_file_path": table.original_file_path,
            "database": table.database,
            "schema": table.schema,
            "alias": table.alias,
        });
        let run_id = RunId::new();
        let times = || results.iter().filter_map(|it| it.executed());
        let start = RunEvent {
            state: RunState::Start,
            at: times().map(|it| it.0).min().unwrap_or(event.at),
            run_id: run_id.as_str(),
            job: Job { name: &job, ..event.job },
            job_facets: vec![facet("dbt_node", "dbt-node-job-facet", node)],
            ..self.of_dbt(event)
        };
        let mut end = RunEvent {
            state: RunState::Complete,
            at: times().map(|it| it.1).max().unwrap_or(start.at),
            ..start.clone()
        };
        let failed = results.iter().find(|it| it.has_failed());
        let error =
            failed.map(|it| sanitize_error_message(it.message.as_deref().unwrap_or("failed")));
        if error.is_some() {
            end = RunEvent { state: RunState::Fail, outputs: Vec::new(), ..end };
        }
        emit(start)?;
        emit(RunEvent { error: error.as_deref(), ..end })
    }

    fn dataset<'a>(&'a self, id: &'a str) -> Dataset<'a> {
        let described = self.tables.get(id);
        let columns =
            self.catalog.get(id).or(described).into_iter().flat_map(|it| it.columns.values());
        let field = |column: &'a Column| Field {
            name: &column.name,
            kind: column.data_type.as_deref().or_else(|| column.of_catalog.as_ref()?.as_str()),
            description: described
                .and_then(|it| it.columns.get(&column.name)?.description.as_deref()),
        };
        Dataset {
            namespace: &self.namespace,
            name: self.names.get(id).map_or(id, String::as_str),
            columns: columns.map(field).collect(),
            ..Dataset::default()
        }
    }
}

impl Tables {
    fn get(&self, id: &str) -> Option<&Table> {
        self.nodes.get(id).or_else(|| self.sources.get(id))
    }
}

impl Table {
    fn qualified(&self, name: &str) -> String {
        let parts = [self.database.as_deref(), self.schema.as_deref(), Some(name)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(".")
    }
}

fn facet(name: &'static str, schema: &str, fields: Value) -> Facet {
    Facet { name, schema: format!("{SCHEMAS}/{schema}.json"), fields }
}

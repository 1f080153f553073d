//! Runs a product as a Dagster project.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::orchestrator::{Definitions, ProcessOrchestrator, RunEnd};
use floe_plugin::product::Product;
use floe_plugin::{Error, ErrorKind, Lifecycle, quality};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error as PlatformError;
use crate::files::atomic::{self, Access};
use crate::process::child::{Invocation, Program};
use crate::sql::identifier;

floe_plugin::plugin! {
    kind: ProcessOrchestrator,
    plugin: Dagster,
    name: "dagster",
    tracer: "floe.orchestrator.dagster",
    api: "1.0",
    description: "runs products as Dagster projects",
}

/// The variable with the folder of Dagster's instance, which contains its runs and their events.
const HOME: &str = "DAGSTER_HOME";

/// The time for Dagster to stop the current asset after a signal and to deliver its telemetry. It is shorter than the
/// time that the platform itself has.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

const DEFINITIONS: &str = include_str!("dagster.py");

/// Dagster: a product becomes a project with an asset for each source and model. Each asset is built by a process of
/// `floe`, which reports through Dagster Pipes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Dagster {
    /// The program `dagster` of Dagster 1.
    program: Program,
    run_timeout_seconds: u32,
    /// The number of further attempts at an asset that failed.
    retries: u32,
    retry_delay_seconds: u32,
}

impl Default for Dagster {
    fn default() -> Self {
        Self {
            program: Program::named("dagster"),
            run_timeout_seconds: 24 * 60 * 60,
            retries: 0,
            retry_delay_seconds: 10,
        }
    }
}

impl Lifecycle for Dagster {}

impl ProcessOrchestrator for Dagster {
    fn create_definitions(
        &self,
        product: &Product<'_>,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Error> {
        let description = serde_json::to_string_pretty(&self.describe(product))
            .map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
        let files = [
            ("definitions.py", DEFINITIONS.to_owned()),
            ("product.json", description + "\n"),
            ("pyproject.toml", project(product)),
        ];
        for (name, text) in &files {
            atomic::replace(&folder.join(name), Access::Public, |output| {
                output.write_all(text.as_bytes())
            })
            .map_err(PlatformError::into_plugin)?;
        }
        Ok(files.iter().map(|(name, _)| folder.join(name)).collect())
    }

    fn run_definitions(
        &self,
        product: &Product<'_>,
        definitions: &Definitions<'_>,
    ) -> Result<RunEnd, Error> {
        // The path is absolute, because the process of an asset may have another working folder.
        let file = std::path::absolute(definitions.folder.join("definitions.py"))?;
        let limit = Duration::from_secs(self.run_timeout_seconds.into());
        let mut dagster = Invocation::new("dagster", &self.program, limit)
            .stopped_within(STOP_TIMEOUT)
            .arg("job")
            .arg("execute")
            .option("--python-file", Some(file))
            .option("--job", Some(job(product)))
            .env("DAGSTER_DISABLE_TELEMETRY", "1")
            .folder(definitions.folder);
        if env::var_os(HOME).is_none() {
            let home = std::path::absolute(definitions.folder.join("home"))?;
            fs::create_dir_all(&home)?;
            dagster = dagster.env(HOME, home);
        }
        for (name, value) in definitions.variables {
            dagster = dagster.env(name, value);
        }
        let output = dagster.run()?;
        Ok(RunEnd { code: output.code, message: output.error(ErrorKind::Rejected).to_string() })
    }
}

impl Dagster {
    fn describe(&self, product: &Product<'_>) -> Value {
        let sources = product.sources.iter().map(|source| {
            json!({
                "name": source.name,
                "group": "source",
                "depends_on": source.depends_on,
                "query": false,
                "metadata": { "floe/location": source.location },
                "checks": quality::identifiers(source.checks),
            })
        });
        let models = product.models.iter().map(|model| {
            json!({
                "name": model.name,
                "group": model.layer,
                "depends_on": model.depends_on,
                "query": true,
                "metadata": { "floe/materialization": model.materialization },
                "checks": quality::identifiers(model.checks),
            })
        });
        json!({
            "namespace": product.namespace,
            "name": product.name,
            "version": product.version,
            "environment": product.environment,
            "job": job(product),
            "sensor": format!("{}_sensor", identifier(product.name)),
            "retries": self.retries,
            "retry_delay_seconds": self.retry_delay_seconds,
            "assets": sources.chain(models).collect::<Vec<_>>(),
        })
    }
}

fn job(product: &Product<'_>) -> String {
    format!("{}_job", identifier(product.name))
}

fn project(product: &Product<'_>) -> String {
    format!(
        "[project]\nname = \"{}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.10\"\ndependencies = [\"dagster>=1.9,<2\"]\n\n[tool.dagster]\nmodule_name = \"definitions\"\n",
        identifier(product.name)
    )
}

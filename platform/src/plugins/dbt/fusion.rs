//! dbt Fusion, the engine of dbt 2.

use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::dbt::{DbtCommand, DbtOutcome, DbtRunner, Project};
use floe_plugin::product::Product;
use floe_plugin::{Error, Lifecycle};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::child::Program;
use crate::dbt_project::{self, Dbt};

floe_plugin::plugin! {
    kind: DbtRunner,
    plugin: Fusion,
    name: "fusion",
    tracer: "floe.dbt.fusion",
    api: "1.0",
    description: "runs dbt Fusion",
}

/// dbt Fusion, the engine of dbt 2. It checks the style of queries itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Fusion {
    /// The program.
    program: Program,
    /// The time limit of a command.
    #[schemars(range(min = 1))]
    timeout_seconds: u32,
}

impl Default for Fusion {
    fn default() -> Self {
        Self {
            program: Program::named("dbt"),
            timeout_seconds: 3600,
        }
    }
}

impl Lifecycle for Fusion {}

impl DbtRunner for Fusion {
    fn generate_project(
        &self,
        product: &Product<'_>,
        output: &Value,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Error> {
        dbt_project::generate(product, output, folder)
    }

    fn run(&self, command: DbtCommand, project: &Project<'_>) -> Result<DbtOutcome, Error> {
        let dbt = Dbt {
            tool: "dbt Fusion",
            program: &self.program,
            versions: (|major, _| major == 2, "2"),
            limit: Duration::from_secs(self.timeout_seconds.into()),
        };
        dbt.run(command, project)
    }
}

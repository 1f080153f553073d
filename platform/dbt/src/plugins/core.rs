//! dbt-core.

use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::compute::QueryComments;
use floe_plugin::dbt::{CommandRun, DbtCommand, DbtRunner, Project};
use floe_plugin::product::Product;
use floe_plugin::{Error, Lifecycle};
use floe_plugins::process::child::Program;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::project::{self, Dbt};

/// The scope of the spans.
const TRACER_NAME: &str = "floe.dbt.core";

floe_plugin::plugin! {
    kind: DbtRunner,
    plugin: Core,
    name: "core",
    tracer: TRACER_NAME,
    api: "1.0",
    description: "runs dbt-core",
}

/// dbt-core 1, with the adapter of the compute plugin's engine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Core {
    /// The program.
    program: Program,
    /// The time limit of a command.
    #[schemars(range(min = 1))]
    timeout_seconds: u32,
    /// Whether runs build models by dbt and not by the compute plugin. Default: false.
    build_models: bool,
    /// Whether dbt's statements carry the trace context as a comment. Default: true.
    query_comments: QueryComments,
}

impl Default for Core {
    fn default() -> Self {
        Self {
            program: Program::named("dbt"),
            timeout_seconds: 3600,
            build_models: false,
            query_comments: QueryComments::default(),
        }
    }
}

impl Lifecycle for Core {}

impl DbtRunner for Core {
    fn builds_models(&self) -> bool {
        self.build_models
    }

    fn generate_project(
        &self,
        product: &Product<'_>,
        output: &Value,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Error> {
        project::generate(product, output, self.query_comments, folder)
    }

    fn run(&self, command: DbtCommand, project: &Project<'_>) -> CommandRun {
        let dbt = Dbt {
            tool: "dbt",
            tracer: Some(TRACER_NAME),
            program: &self.program,
            versions: (project::is_core, project::CORE),
            limit: Duration::from_secs(self.timeout_seconds.into()),
        };
        dbt.run(command, project)
    }
}

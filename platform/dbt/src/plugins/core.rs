//! dbt-core.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::compute::QueryComments;
use floe_plugin::dbt::{DbtCommand, DbtOutcome, DbtRunner, Project};
use floe_plugin::product::Product;
use floe_plugin::{Error, ErrorKind, Lifecycle};
use floe_plugins::process::child::{Invocation, Program};
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
    /// `SQLFluff`, which checks the style of the queries: dbt-core has no linter.
    sqlfluff: Program,
    /// The time limit of a command.
    #[schemars(range(min = 1))]
    timeout_seconds: u32,
    /// Whether runs build models by dbt, with a command for each, and not by the compute plugin. Default: false.
    build_models: bool,
    /// Whether dbt's statements carry the trace context as a comment. Default: true.
    query_comments: QueryComments,
}

/// A file in `SQLFluff`'s report.
#[derive(Deserialize)]
struct Linted {
    filepath: String,
    violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    start_line_no: u64,
    code: String,
    description: String,
    #[serde(default)]
    warning: bool,
}

impl Default for Core {
    fn default() -> Self {
        Self {
            program: Program::named("dbt"),
            sqlfluff: Program::named("sqlfluff"),
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

    fn run(&self, command: DbtCommand, project: &Project<'_>) -> Result<DbtOutcome, Error> {
        if command == DbtCommand::Lint {
            return self.lint(project);
        }
        let dbt = Dbt {
            tool: "dbt",
            tracer: Some(TRACER_NAME),
            program: &self.program,
            versions: (project::is_core, project::CORE),
            limit: self.limit(),
        };
        dbt.run(command, project)
    }
}

impl Core {
    fn limit(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }

    /// Checks the queries of the project. `.sqlfluff` in its folder has the dialect and the rules.
    fn lint(&self, project: &Project<'_>) -> Result<DbtOutcome, Error> {
        if project.select.is_some() || project.exclude.is_some() {
            let message = "found a selection of nodes for `lint`, accepted: the whole project";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let report = tempfile::NamedTempFile::new()?;
        let output = Invocation::new("sqlfluff", &self.sqlfluff, self.limit())
            .arg("lint")
            .arg("models")
            .option("--format", Some("json"))
            .option("--write-output", Some(report.path()))
            .option("--processes", Some("1"))
            .arg("--nocolor")
            .arg("--disable-progress-bar")
            .folder(project.folder)
            .run()?;
        // 1: there are violations. 2: SQLFluff itself failed.
        if !matches!(output.code, 0 | 1) {
            return Err(output.error(ErrorKind::Rejected));
        }
        let text = fs::read_to_string(report.path())?;
        let linted: Vec<Linted> = serde_json::from_str(&text).map_err(|error| {
            let message =
                format!("sqlfluff: the report is not the JSON that was expected: {error}");
            Error::new(ErrorKind::InvalidResponse, message)
        })?;
        let violations = || {
            linted.iter().flat_map(|file| {
                let of_file = file.violations.iter().filter(|it| !it.warning);
                of_file.map(|violation| (&file.filepath, violation))
            })
        };
        match violations().next() {
            Some((file, first)) => {
                let message = format!(
                    "sqlfluff: {} violations, the first: {file}:{}: {} {}",
                    violations().count(),
                    first.start_line_no,
                    first.code,
                    first.description
                );
                Err(Error::new(ErrorKind::InvalidInput, message))
            }
            None => Ok(DbtOutcome {
                failures: Some(0),
                ..DbtOutcome::default()
            }),
        }
    }
}

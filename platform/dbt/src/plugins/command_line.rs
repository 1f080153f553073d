//! dbt-core and dbt Fusion, which have the same command line.

use std::time::Duration;

use floe_plugin::Lifecycle;
use floe_plugin::dbt::{CommandRun, DbtCommand, DbtRunner, Project};
use floe_plugins::process::child::Program;
use serde::Deserialize;

use crate::project::{self, Dbt};

macro_rules! command_line {
    (
        $(#[$docs:meta])* struct $plugin:ident;
        $name:literal, $tracer:literal, $description:literal, $tool:literal, $versions:expr
    ) => {
        floe_plugin::plugin! {
            kind: DbtRunner,
            plugin: $plugin,
            name: $name,
            tracer: $tracer,
            api: "1.0",
            description: $description,
        }

        $(#[$docs])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct $plugin {
            program: Program,
            timeout_seconds: u32,
        }

        impl Default for $plugin {
            fn default() -> Self {
                Self {
                    program: Program::named("dbt"),
                    timeout_seconds: 3600,
                }
            }
        }

        impl Lifecycle for $plugin {}

        impl DbtRunner for $plugin {
            fn run(&self, command: DbtCommand, project: &Project<'_>) -> CommandRun {
                let dbt = Dbt {
                    tool: $tool,
                    tracer: Some($tracer),
                    program: &self.program,
                    versions: $versions,
                    limit: Duration::from_secs(self.timeout_seconds.into()),
                };
                dbt.run(command, project)
            }
        }
    };
}

command_line! {
    /// dbt-core 1, with the adapter of the compute plugin's engine.
    struct Core;
    "core", "floe.dbt.core", "runs dbt-core", "dbt", (project::is_core, project::CORE)
}

command_line! {
    /// dbt Fusion, the engine of dbt 2. It checks the style of queries itself.
    struct Fusion;
    "fusion", "floe.dbt.fusion", "runs dbt Fusion", "dbt Fusion", (|major, _| major == 2, "2")
}

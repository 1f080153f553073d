//! Records a dbt command that a plugin runs. The span that is current at the start is the command's span.

use std::ffi::OsString;

use floe_plugin::dbt::Project;
use floe_plugins::process::foreground::Exit;
use floe_telemetry::opentelemetry::Context;

use crate::reading::{Pipes, Reading, trace_variable};
use crate::setting::set;
use crate::stream::Pipe;
use crate::trace::CommandTrace;

/// The number of SIGKILL, the assumed signal if dbt has no exit code.
const KILLED: i32 = 9;

#[derive(Debug)]
pub(crate) struct InRun {
    reading: Option<(Reading, Pipe)>,
    variables: Vec<(String, OsString)>,
}

impl InRun {
    /// Starts the recording of a command. `tracer` is the scope of the spans of nodes.
    pub(crate) fn start(tracer: &'static str, command: &str, project: &Project<'_>) -> Self {
        let (reading, variables) = match Pipes::open() {
            Ok(pipes) => {
                let variables = pipes.variables();
                let folder = project.folder;
                let trace = CommandTrace::within(tracer, command, folder, Context::current())
                    .sending(project.ended.cloned())
                    .with_assets(project.selection);
                (Some(pipes.read(trace, None)), variables)
            }
            Err(error) => {
                tracing::warn!(%error, "the trace has no spans of nodes: cannot open a pipe");
                (None, set("LOG_LEVEL_FILE", "none").into_iter().chain(trace_variable()).collect())
            }
        };
        Self { reading, variables }
    }

    pub(crate) fn variables(&self) -> &[(String, OsString)] {
        &self.variables
    }

    /// Ends the recording. `code` is dbt's exit code, if there is one. Returns the id that dbt gave to the command.
    pub(crate) fn end(self, code: Option<i32>) -> Option<String> {
        let (reading, pipe) = self.reading?;
        pipe.close();
        let (trace, mut warnings) = reading.finish();
        let mut invocation_id = None;
        if let Some(trace) = trace {
            let exit = code.map_or(Exit::Signal(KILLED), Exit::Code);
            let (id, more) = trace.end(exit, |_| {});
            warnings.extend(more);
            invocation_id = id;
        }
        for warning in warnings {
            tracing::warn!(warning, "dbt is not recorded completely");
        }
        invocation_id
    }
}

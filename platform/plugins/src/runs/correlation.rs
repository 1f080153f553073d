//! The ids that a run has in the tool that started the program, from the environment.

use std::env;

/// The variable with the id of the Dagster run that contains this process.
pub const DAGSTER_RUN_ID: &str = "DAGSTER_RUN_ID";

const LONGEST_ID: usize = 200;

/// Returns the id of the Dagster run that contains this process: from the variable, or else from Dagster Pipes, if a
/// step of the run has started this process.
pub fn dagster_run_id() -> Option<String> {
    let id = env::var(DAGSTER_RUN_ID).ok().filter(|id| is_id(id));
    id.or_else(|| {
        let context = floe_dagster_pipes::Context::from_environment().ok()?;
        Some(context.run_id).filter(|id| is_id(id))
    })
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID && !text.contains(char::is_control)
}
